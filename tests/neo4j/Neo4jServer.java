import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.neo4j.configuration.GraphDatabaseSettings;
import org.neo4j.configuration.connectors.BoltConnector;
import org.neo4j.configuration.connectors.HttpConnector;
import org.neo4j.configuration.connectors.HttpsConnector;
import org.neo4j.configuration.helpers.SocketAddress;
import org.neo4j.dbms.api.DatabaseManagementService;
import org.neo4j.dbms.api.DatabaseManagementServiceBuilder;
import org.neo4j.io.ByteUnit;

/**
 * A real Neo4j for the tests: Bolt on 127.0.0.1, authentication on.
 *
 * <p>{@code java @jvm.options -cp 'lib/*' Neo4jServer.java HOME PORT}, with the password of user {@code neo4j} in
 * LINCHPIN_TEST_NEO4J_PASSWORD. PORT 0 takes a free one. Prints one line, {@code ready bolt://127.0.0.1:PORT}, once it
 * answers, and stops cleanly when its standard input ends, so that it cannot outlive whoever started it. Started again
 * on the same HOME it goes on with the same data and wants the same password. Settings in HOME/conf/neo4j.conf come last.
 */
public final class Neo4jServer {
    public static void main(String[] arguments) throws Exception {
        Path home = Path.of(arguments[0]).toAbsolutePath();
        int port = Integer.parseInt(arguments[1]);
        String password = System.getenv("LINCHPIN_TEST_NEO4J_PASSWORD");
        if (password == null || password.isEmpty()) {
            throw new IllegalArgumentException("LINCHPIN_TEST_NEO4J_PASSWORD is not set");
        }
        // The one line is all that standard output carries, whatever a library prints.
        PrintStream answer = System.out;
        System.setOut(System.err);

        if (port == 0) {
            port = freePort();
        }
        DatabaseManagementServiceBuilder builder = new DatabaseManagementServiceBuilder(home)
                .setConfig(BoltConnector.enabled, true)
                .setConfig(BoltConnector.listen_address, new SocketAddress("127.0.0.1", port))
                .setConfig(HttpConnector.enabled, false)
                .setConfig(HttpsConnector.enabled, false)
                .setConfig(GraphDatabaseSettings.auth_enabled, true)
                .setConfig(GraphDatabaseSettings.pagecache_memory, ByteUnit.mebiBytes(128))
                .setConfig(GraphDatabaseSettings.transaction_timeout, Duration.ofSeconds(120))
                // Clean stops are part of the tests; a connection left open must not hold them up.
                .setConfig(GraphDatabaseSettings.shutdown_transaction_end_timeout, Duration.ofSeconds(1));
        Path more = home.resolve("conf/neo4j.conf");
        if (more.toFile().exists()) {
            builder.loadPropertiesFromFile(more);
        }
        DatabaseManagementService service = builder.build();
        setPassword(service, home, password);
        answer.println("ready bolt://127.0.0.1:" + port);
        answer.flush();

        while (System.in.read() >= 0) {
            // Nothing is said on standard input: only its end counts.
        }
        service.shutdown();
        System.exit(0);
    }

    /** Sets the password on a new home only: setting the one that is already set is an error. */
    private static void setPassword(DatabaseManagementService service, Path home, String password) throws IOException {
        Path done = home.resolve("password-set");
        if (done.toFile().exists()) {
            return;
        }
        service.database("system")
                .executeTransactionally(
                        "ALTER USER neo4j SET PASSWORD $password CHANGE NOT REQUIRED", Map.of("password", password));
        done.toFile().createNewFile();
    }

    /**
     * A free port below the range that outgoing connections use, so that it is still free when a test starts the server
     * again on it.
     */
    private static int freePort() throws IOException {
        for (int attempt = 0; ; attempt++) {
            int port = ThreadLocalRandom.current().nextInt(20_000, 32_000);
            try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (IOException taken) {
                if (attempt == 100) {
                    throw taken;
                }
            }
        }
    }

    private Neo4jServer() {}
}
