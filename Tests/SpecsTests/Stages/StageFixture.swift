import Chat
import Logging
import Models
import Primitives
import Repositories
import Specs
import TestSupport

@testable import SpecDocuments

extension Fixture {
    /// Runs a stage, with the events that it reported.
    func run(
        _ stage: Stage, _ text: String = "", feature: String? = nil, id: String, history: [HistoryEntry] = [],
        model: any ModelClient, onEvent: @escaping @Sendable (TurnEvent) async throws -> Void = { _ in }
    ) async throws -> Result {
        let events = Protected<[TurnEvent]>([])
        var result = Result()
        let request = TurnRequest(
            id: id, session: "s", text: text, sender: Self.sender, feature: feature, history: history)
        do {
            result.ending = try await self.worker(stage, model).run(request) { event in
                events.withLock { $0.append(event) }
                try await onEvent(event)
            }
        } catch let error as TurnFailure {
            result.failure = error.message
        }
        result.events = events.withLock { $0 }
        return result
    }

    func worker(_ stage: Stage, _ model: any ModelClient) -> any TurnWorker {
        if stage == .specify { return self.worker(model) }
        return StageTurn(stage, model: model, catalog: self.catalog, now: { Self.now }, logger: Logger(label: "test"))
    }

    /// A committed file with its last line feed.
    func file(_ path: String, on branch: String) throws -> String { try self.git("show \(branch):\(path)") + "\n" }

    /// The errors and warnings of a branch's feature, as `rule path:line`; warnings begin with `~`.
    func findings(_ feature: String) throws -> [String] {
        let list = try self.git("ls-tree -r --name-only \(feature) specs/\(feature) .specify").split(separator: "\n")
        var documents: [FeatureDocument] = []
        for path in list.map(String.init) where path.hasSuffix(".md") {
            documents.append(FeatureDocument(path: path, text: try self.file(path, on: feature)))
        }
        let own = documents.filter { $0.path.hasPrefix("specs/") }
        let existing = Set(list.map(String.init))
        let found = FeatureValidator(templates: DocumentTemplate.allCases.map(\.standard), existing: existing)
            .findings(in: FeatureDocuments(folder: "specs/\(feature)", documents: own))
        return found.map { finding in
            let name = finding.path.split(separator: "/").last ?? ""
            return "\(finding.severity == .warning ? "~" : "")\(finding.rule.id) \(name):\(finding.line ?? 0)"
        }
    }

    /// Fails if Git finds anything wrong with the repository.
    func fsck() throws { try self.git("fsck --strict --no-dangling") }
}

extension Fixture.Result {
    var features: [String] { self.events.compactMap { if case .feature(let name) = $0 { name } else { nil } } }
}
