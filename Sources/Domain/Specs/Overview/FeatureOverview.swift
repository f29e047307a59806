package import Git
package import Repositories
package import SpecDocuments

/// A feature as shown to people: its stages, documents, open questions and finished tasks.
package struct FeatureOverview: Sendable, Hashable {
    package struct Document: Sendable, Hashable {
        package let path: String
        package let kind: DocumentKind
        /// Findings of the rules.
        package let errors: Int
        package let warnings: Int
        /// The newest commit that changed it, if it is not too long ago.
        package fileprivate(set) var commit: GitCommit?
    }

    package struct Task: Sendable, Hashable {
        package let id: String
        package let text: String
        package let isTicked: Bool
        package let isParallel: Bool
        package let stories: [Int]
        /// The title of its phase.
        package let phase: String?
    }

    /// The folder's name below `specs/`.
    package let name: String
    /// Where changes go; it need not exist yet.
    package let branch: String
    /// The branch that was read, and its commit.
    package let source: String
    package let head: GitObjectID
    /// The specification's heading, without `Feature Specification:`.
    package let title: String?
    package let states: StageStates
    package private(set) var commits: [Stage: GitCommit] = [:]
    /// The specification first, then in the order of the flow.
    package private(set) var documents: [Document]
    /// Questions of the specification without an answer.
    package let questions: [String]
    package let tasks: [Task]

    package var folder: String { "specs/\(self.name)" }
    package var ticked: Int { self.tasks.count { $0.isTicked } }
    package var errors: Int { self.documents.reduce(0) { $0 + $1.errors } }
    package var warnings: Int { self.documents.reduce(0) { $0 + $1.warnings } }

    /// Without the commits of its documents.
    package init(_ files: FeatureFiles) {
        let (documents, unread) = Self.documents(of: files)
        let constitution = files.files[Self.constitutionPath].map {
            FeatureDocument(path: Self.constitutionPath, bytes: $0)
        }
        let findings = Self.findings(in: documents, constitution, of: files) + unread
        let states = StageStates(documents, constitution: constitution, findings: findings)
        self.name = files.name
        self.branch = files.branch
        self.source = files.source
        self.head = files.head
        self.title = documents.spec.flatMap { Self.title(of: $0) }
        self.states = states
        var counts: [String: (errors: Int, warnings: Int)] = [:]
        for finding in findings {
            switch finding.severity {
            case .error: counts[finding.path, default: (0, 0)].errors += 1
            case .warning: counts[finding.path, default: (0, 0)].warnings += 1
            }
        }
        let paths = documents.documents.map(\.path) + unread.map(\.path) + [constitution].compactMap { $0?.path }
        self.documents = paths.map { path in
            let count = counts[path] ?? (errors: 0, warnings: 0)
            return Document(
                path: path, kind: DocumentKind(path: path), errors: count.errors, warnings: count.warnings)
        }
        self.questions = documents.spec?.questions.map(\.question) ?? []
        self.tasks = documents.tasks.map(Self.tasks) ?? []
    }

    /// Reads a feature with the commits of its documents. Throws ``RepositoryError``.
    package static func read(_ files: FeatureFiles, in repository: LocalRepository) async throws -> FeatureOverview {
        var overview = await Self.summary(of: files)
        let folders = overview.states.stages.compactMap(\.path)
        let paths = Set(overview.documents.map(\.path) + folders).sorted()
        overview.add(try await repository.lastChanges(of: paths, from: files.head))
        return overview
    }

    /// Without the commits of its documents. Off the caller's actor: parsing 100 KB takes milliseconds.
    @concurrent
    package static func summary(of files: FeatureFiles) async -> FeatureOverview { FeatureOverview(files) }

    /// - Parameter commits: The newest commit of each path.
    private mutating func add(_ commits: [String: GitCommit]) {
        for status in self.states.stages where self.commits[status.stage] == nil {
            self.commits[status.stage] = status.path.flatMap { commits[$0] }
        }
        for place in self.documents.indices { self.documents[place].commit = commits[self.documents[place].path] }
    }
}

extension FeatureOverview {
    static let constitutionPath = ".specify/memory/constitution.md"

    private static let order: [DocumentKind] = [
        .spec, .plan, .research, .dataModel, .contract, .quickstart, .tasks, .checklist, .other, .constitution,
    ]

    /// The documents, and a finding for each that is not read.
    private static func documents(of files: FeatureFiles) -> (FeatureDocuments, unread: [DocumentFinding]) {
        let (own, unread) = FeatureDocuments.fitting(files.files.filter { $0.key.hasPrefix("\(files.folder)/") })
        let documents = own.map { FeatureDocument(path: $0.key, bytes: $0.value) }
        let sorted = documents.sorted { left, right in
            let places = (Self.place(left.kind), Self.place(right.kind))
            return places.0 == places.1 ? left.path < right.path : places.0 < places.1
        }
        let findings = unread.map { path in
            DocumentFinding(
                .unread, path: path,
                "The document was not read, because those of the feature have more than "
                    + "\(FeatureDocuments.byteLimit >> 20) MB: move parts to another feature.")
        }
        return (FeatureDocuments(folder: files.folder, documents: sorted), findings)
    }

    private static func place(_ kind: DocumentKind) -> Int { Self.order.firstIndex(of: kind) ?? Self.order.count }

    /// Links to files are not checked: that needs the whole tree.
    private static func findings(
        in documents: FeatureDocuments, _ constitution: FeatureDocument?, of files: FeatureFiles
    ) -> [DocumentFinding] {
        let validator = FeatureValidator(templates: DocumentTemplates.texts(with: files.files))
        let single = constitution.map { FeatureDocuments(folder: "", documents: [$0]) }
        return validator.findings(in: documents) + (single.map { validator.findings(in: $0) } ?? [])
    }

    private static func title(of spec: SpecDocument) -> String? {
        guard let heading = spec.markdown.title else { return nil }
        let prefix = "Feature Specification:"
        let text = heading.hasPrefix(prefix) ? heading.dropFirst(prefix.count) : heading[...]
        let title = text.drop { $0 == " " }
        return title.isEmpty ? nil : String(title)
    }

    private static func tasks(of document: TaskDocument) -> [Task] {
        document.tasks.map { task in
            Task(
                id: task.id, text: task.text, isTicked: task.isTicked, isParallel: task.isParallel,
                stories: task.stories, phase: document.phase(of: task)?.title)
        }
    }
}

extension FeatureOverview {
    /// The short hash of the commit that wrote a stage's document.
    package func hash(of stage: Stage) -> String? { self.commits[stage]?.id.short }
}
