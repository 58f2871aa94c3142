//! What a read over REST is measured against: an actix handler that answers the same bytes and does nothing else.
//!
//! usage: bare FILE    (answers FILE as JSON on any path; prints its address)

use std::io::Write as _;

use actix_web::{App, HttpResponse, HttpServer, web};

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let file = std::env::args().nth(1).ok_or_else(|| std::io::Error::other("usage: bare FILE"))?;
    let body = web::Bytes::from(std::fs::read(file)?);
    let server = HttpServer::new(move || {
        let body = body.clone();
        App::new().default_service(web::to(move || {
            let body = body.clone();
            async move { HttpResponse::Ok().content_type("application/json").body(body) }
        }))
    })
    .workers(2)
    .bind("127.0.0.1:0")?;
    if let Some(address) = server.addrs().first() {
        println!("http://{address}");
        std::io::stdout().flush()?;
    }
    server.run().await
}
