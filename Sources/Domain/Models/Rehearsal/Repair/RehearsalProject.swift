/// What the rehearsal can tell from a list of files: how to run the tests, and where a mistake may be.
struct RehearsalProject {
    /// Paths of files, without folders.
    let paths: [String]

    /// - Parameter listing: a result of the `list` tool: a path a line, folders with a slash at the end.
    init(listing: String) {
        self.paths = listing.split(separator: "\n").compactMap { line in
            let path = line.drop { $0 == " " || $0 == "-" }.prefix { !$0.isWhitespace }
            let isPath = path.contains { $0.isLetter || $0.isNumber } && path.last != "/" && path.first != "<"
            return isPath ? String(path) : nil
        }
    }

    /// The command that runs the tests; nil where none is known.
    var testCommand: String? {
        let names = Set(self.paths)
        for (file, command) in Self.builds where names.contains(file) { return command }
        if let script = self.paths.first(where: { Self.scripts.contains(Self.name(of: $0)) }) { return "sh \(script)" }
        if self.paths.contains(where: { Self.name(of: $0).hasPrefix("test_") && $0.hasSuffix(".py") }) {
            return "python3 -m unittest discover"
        }
        return nil
    }

    private static let builds = [
        ("Makefile", "make test"), ("makefile", "make test"), ("package.json", "npm test"),
        ("Cargo.toml", "cargo test"),
        ("go.mod", "go test ./..."), ("Package.swift", "swift test"), ("pytest.ini", "python3 -m pytest -q"),
    ]

    private static let scripts: Set<String> = ["test.sh", "tests.sh", "run-tests.sh", "check.sh"]

    /// Program files that are not tests; those that `output` names come first.
    func suspects(output: String, most: Int) -> [String] {
        let sources = self.paths.filter { path in
            let name = Self.name(of: path)
            let isTest = path.lowercased().split(separator: "/").contains { $0.contains("test") || $0.contains("spec") }
            return !isTest && Self.languages.contains { name.hasSuffix($0) }
        }
        let stem = { (path: String) in Self.name(of: path).prefix { $0 != "." } }
        let named = sources.filter { output.contains(stem($0)) }
        return Array((named + sources.filter { !named.contains($0) }).prefix(most))
    }

    private static let languages = [
        ".sh", ".py", ".js", ".mjs", ".ts", ".c", ".cc", ".cpp", ".go", ".rs", ".swift", ".rb", ".pl", ".lua", ".awk",
    ]

    private static func name(of path: String) -> String { String(path.split(separator: "/").last ?? "") }

    /// A folder name for the example that is not in use.
    var exampleFolder: String {
        let folders = Set(self.paths.compactMap { $0.split(separator: "/").first.map(String.init) })
        let free = (1...).lazy.map { $0 == 1 ? "example" : "example-\($0)" }.first { !folders.contains($0) }
        return free ?? "example"
    }
}
