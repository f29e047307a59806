import Chat
import Git
import JSON
import Logging
import Models
import Specs
import Store
import TestSupport
import Testing
import Work

@testable import People
@testable import Repositories
@testable import Turns

@Suite("The author of a commit", .timeLimit(.minutes(2)))
struct CommitAuthorTests {
    static let ada = Sender(id: "irc:ada", identities: [], displayName: "Ada")

    static func signature(_ person: Sender) -> String {
        let signature = GitSignature(person: person, seconds: 0)
        return "\(signature.name) <\(signature.mail)>"
    }

    /// Runs a turn and returns the authors of the commits that its thread was told.
    private func authors(
        _ scene: ImplementScene, _ worker: (any TurnWorker)?, _ text: String, id: String, by person: Sender = Self.ada,
        feature: String? = nil
    ) async throws -> [String] {
        let thread = RecordingThread()
        _ = try await #require(worker).run(
            TurnRequest(id: id, session: "abc123", text: text, sender: person, role: .owner, feature: feature),
            in: thread)
        return try thread.events.compactMap { event in
            guard case .commit(let commit) = event else { return nil }
            return try scene.git("show -s --format='%an <%ae>' \(commit.sha)")
        }
    }

    @Test("is the person, whichever way the commit is made; a namesake is another author")
    func everyWay() async throws {
        try await ImplementScene.with { scene in
            let bench = scene.worker.agent.workbench
            let (ada, shell, commit) = (Self.signature(Self.ada), bench.workers[.run], bench.workers[.commit])

            _ = try await self.authors(scene, shell, "echo 1 > one", id: "op_1")
            try await expectEqual(self.authors(scene, commit, "By the command", id: "op_2"), [ada])

            scene.write("two")
            scene.play(("commit", ["message": "By the model"]))
            scene.answer("I committed it.")
            try await expectEqual(self.authors(scene, scene.worker.agent, "write two", id: "op_3"), [ada])

            scene.answer(Self.specification)
            let specify = SpecifyTurn(
                scene.model, catalog: scene.worker.repositories, now: { 1_700_000_000 }, logger: Logger(label: "test"))
            try await expectEqual(self.authors(scene, specify, "a search page", id: "op_4"), [ada])

            scene.carryOut("src/greet.sh")
            scene.carryOut("docs/greet.md")
            let tasks = try await self.authors(scene, scene.worker, "", id: "op_5", feature: ImplementScene.feature)
            expectEqual(tasks, [ada, ada])

            let namesake = Sender(id: "irc:ada2", identities: [], displayName: "Ada")
            _ = try await self.authors(scene, shell, "echo 3 > three", id: "op_6", by: namesake)
            let other = try await self.authors(scene, commit, "By the namesake", id: "op_7", by: namesake)
            #expect(other == [Self.signature(namesake)] && other != [ada])
        }
    }

    @Test("is one for all identities of a person, and each one's own again when they are unlinked")
    func linked() async throws {
        try await ImplementScene.with { scene in
            let bench = scene.worker.agent.workbench
            let slack = Sender(id: "slack:T1/U1", identities: [], displayName: "ada.l")
            let browser = Sender(id: "web:1f", identities: [], displayName: "Ada Lovelace")
            let other = Sender(id: "irc:local/bob", identities: [], displayName: "bob")
            var number = 0
            func author(_ person: Sender) async throws -> [String] {
                number += 1
                _ = try await self.authors(
                    scene, bench.workers[.run], "echo \(number) > file", id: "run_\(number)", by: person)
                return try await self.authors(scene, bench.workers[.commit], "Change", id: "op_\(number)", by: person)
            }
            for person in [slack, browser] { try await expectEqual(author(person), [Self.signature(person)]) }
            try await scene.store.write { ledger in
                let names = [slack.id: slack.displayName, browser.id: browser.displayName]
                try ledger.link(slack.id, browser.id, names: names, at: 1)
            }
            for person in [slack, browser] { try await expectEqual(author(person), [Self.signature(browser)]) }
            try await expectEqual(author(other), [Self.signature(other)])
            scene.answer(Self.specification)
            let specify = SpecifyTurn(
                scene.model, catalog: scene.worker.repositories, now: { 1_700_000_000 }, logger: Logger(label: "test"))
            let specified = try await self.authors(scene, specify, "a search page", id: "op_s", by: slack)
            expectEqual(specified, [Self.signature(browser)])
            try await scene.store.write { ledger in try ledger.unlink(slack.id) }
            for person in [slack, browser] { try await expectEqual(author(person), [Self.signature(person)]) }
        }
    }

    private static let specification = """
        # Feature Specification: Search Page

        ## User Scenarios & Testing

        ### User Story 1 - Search (Priority: P1)

        A person searches.

        **Independent Test**: search for a word.

        **Acceptance Scenarios**:

        1. **Given** a text, **When** a word of it is searched, **Then** the text is found

        ### Edge Cases

        - What happens without a result?

        ## Requirements

        ### Functional Requirements

        - **FR-001**: System MUST let people search.

        ## Success Criteria

        ### Measurable Outcomes

        - **SC-001**: A search takes at most a second.

        """
}
