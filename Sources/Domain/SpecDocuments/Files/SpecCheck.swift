internal import Glibc

/// Checks a repository, a feature's folder or one document on disk.
package struct SpecCheck: Sendable {
    /// Why the check could not run.
    package struct Failure: Error, Sendable, CustomStringConvertible {
        /// One line: what failed, why, what to do.
        package let message: String

        package var description: String { self.message }
    }

    package let findings: [DocumentFinding]
    /// The paths of the documents that were read, in the repository.
    package let documents: [String]

    package var errors: Int { self.findings.count { $0.severity == .error } }
    package var warnings: Int { self.findings.count { $0.severity == .warning } }

    /// Reads and checks. Throws ``Failure``.
    ///
    /// - Parameter path: A repository, its folder `specs`, a feature's folder, or a Markdown file.
    @concurrent
    package static func run(_ path: String) async throws -> SpecCheck {
        let place = try SpecPath(path)
        var collection = try SpecCollection(place)
        collection.collect()
        guard !collection.features.isEmpty || !collection.findings.isEmpty else {
            throw Failure(
                message: "\(path) has no documents to check: name a repository with a folder `specs`, a feature's "
                    + "folder, or a Markdown file")
        }
        var findings = collection.findings
        // Made once: reading the templates for each of thousands of features would take minutes.
        let validator = FeatureValidator(templates: collection.templates)
        var room = DocumentLink.room
        for feature in collection.features {
            findings += validator.findings(in: feature, &room) { collection.exists($0) }
        }
        // A file is checked against its feature's other documents, whose own findings were not asked for.
        if let file = place.file { findings = findings.filter { $0.path.utf8.elementsEqual(file.utf8) } }
        let documents = place.file.map { [$0] } ?? collection.features.flatMap { $0.documents.map(\.path) }
        return SpecCheck(findings: findings.sorted(), documents: documents)
    }
}

/// Which repository a path belongs to, and which part of it was named.
struct SpecPath: Hashable {
    /// The repository's folder, absolute.
    let root: String
    /// The named folder in the repository; empty for the repository itself.
    let folder: String
    /// The named file in the repository.
    let file: String?

    init(_ path: String) throws(SpecCheck.Failure) {
        guard let absolute = Self.resolved(path) else {
            throw SpecCheck.Failure(
                message: "\(path) cannot be checked: \(String(cString: strerror(errno))): correct the path")
        }
        var status = stat()
        guard stat(absolute, &status) == 0 else {
            throw SpecCheck.Failure(
                message: "\(path) cannot be checked: \(String(cString: strerror(errno))): correct the path")
        }
        let isFolder = status.st_mode & S_IFMT == S_IFDIR
        if !isFolder, !absolute.hasSuffix(".md") {
            throw SpecCheck.Failure(
                message: "\(path) is not a Markdown file: name a file that ends in .md, or a folder")
        }
        let folder = isFolder ? absolute : Self.parent(of: absolute)
        self.root = Self.root(of: folder)
        self.folder = Self.relative(folder, to: self.root)
        self.file = isFolder ? nil : Self.relative(absolute, to: self.root)
    }

    private static func resolved(_ path: String) -> String? {
        guard let text = realpath(path, nil) else { return nil }
        defer { free(text) }
        return String(cString: text)
    }

    private static func parent(of path: String) -> String {
        let parent = path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex)
        return parent.isEmpty ? "/" : String(parent)
    }

    /// The nearest folder with `.git` or `.specify`; else the one that contains `specs`; else the folder itself.
    private static func root(of folder: String) -> String {
        var current = folder
        var specs: String?
        while true {
            for name in [".git", ".specify"] where access("\(current)/\(name)", F_OK) == 0 { return current }
            if specs == nil, current.hasSuffix("/specs") { specs = Self.parent(of: current) }
            guard current != "/" else { return specs ?? folder }
            current = Self.parent(of: current)
        }
    }

    private static func relative(_ path: String, to root: String) -> String {
        let rest = path.utf8.dropFirst(root.utf8.count).drop { $0 == UInt8(ascii: "/") }
        return String(Substring(rest))
    }
}
