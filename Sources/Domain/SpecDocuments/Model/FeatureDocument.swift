/// A document of a repository, parsed by its kind.
package struct FeatureDocument: Sendable, Hashable {
    package enum Content: Sendable, Hashable {
        case spec(SpecDocument)
        case plan(PlanDocument)
        case research(ResearchDocument)
        case tasks(TaskDocument)
        case checklist(ChecklistDocument)
        case constitution(ConstitutionDocument)
        case plain(MarkdownDocument)
    }

    /// In the repository, with `/` between its parts.
    package let path: String
    package let kind: DocumentKind
    package let markdown: MarkdownDocument
    package let content: Content

    /// - Parameter kind: By default, from the path.
    package init(path: String, bytes: [UInt8], kind: DocumentKind? = nil) {
        let markdown = MarkdownDocument(bytes)
        let kind = kind ?? DocumentKind(path: path)
        self.path = path
        self.kind = kind
        self.markdown = markdown
        switch kind {
        case .spec: self.content = .spec(SpecDocument(markdown))
        case .plan: self.content = .plan(PlanDocument(markdown))
        case .research: self.content = .research(ResearchDocument(markdown))
        case .tasks: self.content = .tasks(TaskDocument(markdown))
        case .checklist: self.content = .checklist(ChecklistDocument(markdown))
        case .constitution: self.content = .constitution(ConstitutionDocument(markdown))
        case .dataModel, .quickstart, .contract, .other: self.content = .plain(markdown)
        }
    }

    package init(path: String, text: String, kind: DocumentKind? = nil) {
        self.init(path: path, bytes: Array(text.utf8), kind: kind)
    }

    /// The folder of the path, without a slash at the end; empty at the root.
    package var folder: String {
        self.path.lastIndex(of: "/").map { String(self.path[..<$0]) } ?? ""
    }
}

/// The documents that are checked against one another: those of one feature.
package struct FeatureDocuments: Sendable, Hashable {
    /// `specs/003-login`; empty for single documents.
    package let folder: String
    package let documents: [FeatureDocument]

    package init(folder: String, documents: [FeatureDocument]) {
        self.folder = folder
        self.documents = documents
    }

    package func first(_ kind: DocumentKind) -> FeatureDocument? { self.documents.first { $0.kind == kind } }

    package var spec: SpecDocument? {
        guard case .spec(let spec) = self.first(.spec)?.content else { return nil }
        return spec
    }

    package var tasks: TaskDocument? {
        guard case .tasks(let tasks) = self.first(.tasks)?.content else { return nil }
        return tasks
    }

    package var plan: PlanDocument? {
        guard case .plan(let plan) = self.first(.plan)?.content else { return nil }
        return plan
    }
}

extension FeatureDocuments {
    /// Of all documents of a feature, in bytes. The rules read each several times.
    package static let byteLimit = 4 << 20

    /// The files that are read as a feature's documents: its specification, plan and tasks, then others by their paths
    /// until there are ``byteLimit`` bytes. The rest is named.
    package static func fitting(_ files: [String: [UInt8]]) -> (read: [String: [UInt8]], unread: [String]) {
        let first: [DocumentKind] = [.spec, .plan, .tasks]
        let ranked = files.keys.map { path in
            (rank: first.firstIndex(of: DocumentKind(path: path)) ?? first.count, path: path)
        }
        var read: [String: [UInt8]] = [:]
        var unread: [String] = []
        var left = self.byteLimit
        for (_, path) in ranked.sorted(by: { ($0.rank, $0.path) < ($1.rank, $1.path) }) {
            guard let bytes = files[path], bytes.count <= left else {
                unread.append(path)
                continue
            }
            left -= bytes.count
            read[path] = bytes
        }
        return (read, unread)
    }
}

/// What a document is, by its name and folder in the layout of spec-kit.
package enum DocumentKind: String, Sendable, Hashable, CaseIterable {
    case spec, plan, research, dataModel, quickstart, tasks, checklist, contract, constitution
    case other

    /// - Parameter path: With `/` between its parts.
    package init(path: String) {
        let parts = path.split(separator: "/").map(String.init)
        let folder = parts.dropLast()
        switch parts.last ?? "" {
        case "spec.md": self = .spec
        case "plan.md": self = .plan
        case "research.md": self = .research
        case "data-model.md": self = .dataModel
        case "quickstart.md": self = .quickstart
        case "tasks.md": self = .tasks
        case "constitution.md": self = .constitution
        case _ where folder.last == "checklists": self = .checklist
        case _ where folder.contains("contracts"): self = .contract
        default: self = .other
        }
    }
}
