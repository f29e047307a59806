internal import YAML

/// What the values of one file share while they are read: the mistakes so far, and where to look things up.
final class Reading {
    /// The file's name as the person gave it, or the flag or variable; nil where there is none.
    let source: String?
    /// Whether lines and columns mean something.
    private let isFile: Bool
    let surroundings: Surroundings
    /// Relative paths begin here; set as soon as it is known.
    var dataDirectory: String
    private(set) var issues: [ConfigurationIssue] = []

    init(source: String?, surroundings: Surroundings, isFile: Bool = true, dataDirectory: String = "/") {
        self.source = source
        self.isFile = isFile
        self.surroundings = surroundings
        self.dataDirectory = dataDirectory
    }

    var hasErrors: Bool { self.issues.contains { $0.severity == .error } }

    func report(
        _ message: String, severity: ConfigurationIssue.Severity = .error, path: String, line: Int?, column: Int?,
        nearest: String? = nil
    ) {
        self.issues.append(
            ConfigurationIssue(
                severity: severity, source: self.source, path: path, line: self.isFile ? line : nil,
                column: self.isFile ? column : nil, message: message, nearest: nearest))
    }

    /// Takes over what was found elsewhere.
    func append(_ other: Reading) {
        self.issues += other.issues
    }

    /// In the order of the text; what has no place in it comes last.
    var sortedIssues: [ConfigurationIssue] {
        let places = self.issues.enumerated().map { index, issue in
            (issue.line ?? Int.max, issue.line == nil ? 0 : issue.column ?? 0, index)
        }
        return places.sorted(by: <).map { self.issues[$0.2] }
    }

    /// An absolute path: `~/` is the home directory, a relative one begins at the data directory.
    func absolutePath(_ path: String) -> String {
        self.surroundings.absolutePath(path, relativeTo: self.dataDirectory)
    }
}
