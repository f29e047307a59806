internal import YAML

/// The state shared by all values of a file while it is read: the issues so far and the process's surroundings.
final class Reading {
    /// The file's path as given, or the flag or variable; nil for the embedded defaults.
    let source: String?
    /// Whether lines and columns refer to a file.
    private let isFile: Bool
    let surroundings: Surroundings
    /// The base of relative paths; set as soon as it is known.
    var dataDirectory: String
    private(set) var issues: [ConfigurationIssue] = []
    /// A hash of each secret, by its key's path; see ``ConfigurationContent``.
    var secrets: [String: Int] = [:]
    /// A hash of the content of other files that were read, by what they are.
    var otherFiles: [String: Int] = [:]

    /// What takes effect of the file's mappings, by their place.
    private(set) var sections: [YAMLNode.Place: EffectiveSection] = [:]

    init(source: String?, surroundings: Surroundings, isFile: Bool = true, dataDirectory: String = "/") {
        self.source = source
        self.isFile = isFile
        self.surroundings = surroundings
        self.dataDirectory = dataDirectory
    }

    /// What takes effect of a mapping.
    func effective(at node: YAMLNode) -> EffectiveSection {
        if let section = self.sections[node.place] { return section }
        let section = EffectiveSection()
        self.sections[node.place] = section
        return section
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

    func append(_ other: Reading) {
        self.issues += other.issues
    }

    /// In the order of the text; issues without a line come last.
    var sortedIssues: [ConfigurationIssue] {
        let places = self.issues.enumerated().map { index, issue in
            (issue.line ?? Int.max, issue.line == nil ? 0 : issue.column ?? 0, index)
        }
        return places.sorted(by: <).map { self.issues[$0.2] }
    }

    /// Makes a path absolute: `~/` is the home directory, and a relative path is relative to the data directory.
    func absolutePath(_ path: String) -> String {
        self.surroundings.absolutePath(path, relativeTo: self.dataDirectory)
    }
}
