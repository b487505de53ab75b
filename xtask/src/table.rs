//! Rows of text with aligned columns.

/// Lines up the columns of `rows` under each other, separated by ` | `.
pub(crate) fn aligned<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}")).collect();
        text.push_str(cells.join(" | ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_lines_end_without_spaces() {
        let rows =
            [["name", "ok"], ["a longer name", "x"], ["≤ é", "not run"]].map(|row| row.map(String::from));
        assert_eq!(aligned(&rows), "name          | ok\na longer name | x\n≤ é           | not run\n");
    }
}
