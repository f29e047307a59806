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
        for feature in collection.features {
            let existing = FeatureValidator.linkTargets(of: feature).filter { collection.exists($0) }
            let validator = FeatureValidator(templates: collection.templates, existing: existing)
            findings += validator.findings(in: feature)
        }
        // A file is checked against its feature's other documents, whose own findings were not asked for.
        if let file = place.file { findings = findings.filter { $0.path.utf8.elementsEqual(file.utf8) } }
        let documents = place.file.map { [$0] } ?? collection.features.flatMap { $0.documents.map(\.path) }
        return SpecCheck(findings: findings.sorted(), documents: documents)
    }
}
