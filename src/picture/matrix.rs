//! A table of amounts, each with a bar behind it that is as long as it is large in its column.

use super::ink::{BODY, Ink, SMALL};
use super::{MARGIN, Part, words};
use crate::analysis::Answer;
use crate::analysis::figure::Matrix;

/// How high a row is.
const ROW: f64 = 24.0;
/// The place for the names of rows.
const LEFT: f64 = 400.0;
/// The least width of a column.
const COLUMN: f64 = 130.0;
/// The most rows, and columns.
const MOST: (usize, usize) = (40, 24);

pub(super) fn draw(matrix: &Matrix, answer: &Answer, width: f64) -> Part {
    let columns = &matrix.columns[..matrix.columns.len().min(MOST.1)];
    let rows = matrix.rows.len().min(MOST.0);
    let step = ((width - LEFT - 2.0 * MARGIN) / columns.len().max(1) as f64).clamp(COLUMN, 220.0);
    let width = width.max(LEFT + 2.0 * MARGIN + step * columns.len() as f64);
    let mut ink = Ink::new();
    let left = |at: usize| MARGIN + LEFT + step * at as f64;
    for (at, (name, _)) in columns.iter().enumerate() {
        ink.fitted((left(at) + step - 8.0, 16.0), "small", "end", &words::clean(name), (SMALL, step - 12.0));
    }
    let cell = |row: usize, column: usize| matrix.cells.get(row).and_then(|row| row.get(column).copied()).flatten();
    let most = |column: usize| (0..rows).filter_map(|row| cell(row, column)).map(i128::unsigned_abs).max().unwrap_or(0);
    let most: Vec<u128> = (0..columns.len()).map(most).collect();
    let right = left(columns.len());
    for (row, name) in matrix.rows[..rows].iter().enumerate() {
        let y = 24.0 + ROW * row as f64;
        ink.line((MARGIN, y), (right, y), "line");
        ink.fitted((MARGIN, y + 16.0), "name", "start", &words::said(answer, name), (BODY, LEFT - 14.0));
        for (column, (_, unit)) in columns.iter().enumerate() {
            let Some(much) = cell(row, column) else { continue };
            let share = if most[column] > 0 { much.unsigned_abs() as f64 / most[column] as f64 } else { 0.0 };
            let long = (share * (step - 12.0)).max(if much == 0 { 0.0 } else { 1.0 });
            ink.rectangle((left(column) + step - 4.0 - long, y + 3.0), (long, ROW - 6.0), "cell", None);
            ink.fitted((left(column) + step - 8.0, y + 16.0), "amount", "end", &unit.told(much), (BODY, step - 12.0));
        }
    }
    let bottom = 24.0 + ROW * rows as f64;
    ink.line((MARGIN, bottom), (right, bottom), "line");
    let mut notes = Vec::new();
    if matrix.rows.len() > rows || matrix.columns.len() > columns.len() {
        let (rows, columns) = (matrix.rows.len() - rows, matrix.columns.len() - columns.len());
        notes.push(format!("Not drawn, so that it can be read: {rows} more rows and {columns} more columns."));
    }
    Part { drawing: ink, size: (width, bottom + 8.0), notes }
}
