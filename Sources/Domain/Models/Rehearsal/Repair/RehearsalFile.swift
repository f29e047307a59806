/// A file as the `read` tool shows it.
enum RehearsalFile {
    /// The file's lines without the line numbers before them.
    static func text(of result: String) -> String {
        result.split(separator: "\n", omittingEmptySubsequences: false).compactMap { line in
            let rest = line.drop { $0 == " " }.drop(while: \.isNumber)
            return rest.first == "\t" ? String(rest.dropFirst()) : nil
        }.joined(separator: "\n")
    }
}
