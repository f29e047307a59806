import Chat
import Logging
import Models
import Primitives
import TestSupport
import Testing

/// Which models get data of a class: asked for each request, whatever made it.
@Suite("Classes of data: models", .timeLimit(.minutes(1)))
struct DataRuleTests {
    private static let secret = DataOrigin(repository: "vault", name: "secret")
    private static let staff = DataOrigin(repository: "people", name: "staff")
    private let cloud = ScriptedModel(defaultModel: "big", names: ["big", "small"])
    private let local = ScriptedModel(defaultModel: "llama3.2")
    private let refused = Protected<[String]>([])

    private func router(fallbacks: [String] = []) -> ModelRouter {
        let classes = DataClasses(["vault": "secret", "people": "staff"], defaultRepository: "notes")
        return ModelRouter(
            [
                ModelRouter.Source(id: "cloud", self.cloud, catalog: ModelCatalog(self.cloud)),
                ModelRouter.Source(id: "local", self.local, catalog: ModelCatalog(self.local), classes: ["secret"]),
            ], default: "cloud/big", fallbacks: fallbacks,
            rule: DataRule(classes) { turn, model, origins in
                self.refused.withLock {
                    $0.append("\(turn?.id ?? "-") \(model) \(origins.map(\.name).sorted().joined(separator: ","))")
                }
            })
    }

    private static func turn(
        _ origins: Set<DataOrigin>, repository: String? = "vault", history: [HistoryEntry] = [], model: String? = nil
    ) -> TurnRequest {
        TurnRequest(
            id: "op_1", session: "t_1", text: "Hi",
            sender: Sender(id: "x/ada", identities: [Identity("x/ada")], displayName: "ada"), model: model,
            repository: repository, history: history, origins: origins)
    }

    /// Why the model was not asked; nil if it was.
    private func refusal(_ model: String?, _ turn: TurnRequest?, _ router: ModelRouter) async -> String? {
        await TurnRequest.$current.withValue(turn) {
            do {
                for try await _ in router.stream(ModelRequest(model: model, messages: [ModelMessage(.user, "Hi")])) {}
                return nil
            } catch {
                expectEqual((error as? ModelError)?.code, .classified)
                return "\(error)"
            }
        }
    }

    @Test("a request goes only to a model whose classes name all that its turn has, and a refusal is recorded")
    func requests() async throws {
        let router = self.router()
        let about = "vault's data is of class secret, which cloud/big may not get: "
        let choice = "`model local/llama3.2` chooses one that may"
        await expectEqual(self.refusal(nil, Self.turn([Self.secret]), router), about + choice + ".")
        await expectEqual(
            self.refusal("cloud/big", Self.turn([Self.secret], repository: nil), router),
            about + choice + "; `new` begins without it.")
        await expectEqual(
            self.refusal("local/llama3.2", Self.turn([Self.secret, Self.staff]), router),
            "people's data is of class staff, which local/llama3.2 may not get: `new` begins without it.")
        await expectEqual(
            self.refusal("local/llama3.2", Self.turn([Self.staff], repository: "people"), router),
            "people's data is of class staff, which local/llama3.2 may not get: an owner has to name the class in `classes` "
                + "of a model.")
        await expectEqual(self.refusal("local/llama3.2", Self.turn([Self.secret]), router), nil)
        await expectEqual(self.refusal(nil, Self.turn([]), router), nil)
        #expect(self.local.requests.count == 1 && self.cloud.requests.count == 1)
        expectEqual(
            self.refused.withLock { $0 },
            [
                "op_1 cloud/big secret", "op_1 cloud/big secret", "op_1 local/llama3.2 staff",
                "op_1 local/llama3.2 staff",
            ])
    }

    @Test("a model that only a list knows, and a request outside of turns, are no way around")
    func unknown() async throws {
        let router = self.router()
        let line = try #require(await self.refusal("small", Self.turn([Self.secret]), router))
        #expect(line.contains("cloud/small may not get"))
        await expectEqual(
            self.refusal("local/llama3.2", nil, router),
            "local/llama3.2 was not asked, because it is unknown which classes of data the request has.")
        #expect(self.cloud.requests.isEmpty && self.local.requests.isEmpty)
        await #expect(throws: ModelError.self) {
            try await TurnRequest.$current.withValue(Self.turn([Self.secret])) { try await router.permit("cloud/big") }
        }
    }

    @Test("work that goes on in another task is still the turn's")
    func tasks() async throws {
        let router = self.router()
        try await TurnRequest.$current.withValue(Self.turn([Self.secret])) {
            try await runApart {
                for try await _ in router.stream(ModelRequest(model: "local/llama3.2", messages: [])) {}
            }
            try await Task { for try await _ in router.stream(ModelRequest(model: "llama3.2", messages: [])) {} }.value
        }
        expectEqual(self.local.requests.count, 2)
    }

    @Test("a fallback that may not get it is passed over")
    func fallbacks() async throws {
        let router = self.router(fallbacks: ["cloud/small", "local/llama3.2"])
        expectEqual(
            TurnRequest.$current.withValue(Self.turn([])) { router.fallbacks(after: "cloud/big") },
            ["cloud/small", "local/llama3.2"])
        expectEqual(
            TurnRequest.$current.withValue(Self.turn([Self.secret])) { router.fallbacks(after: "cloud/big") },
            ["local/llama3.2"])
        expectEqual(
            TurnRequest.$current.withValue(Self.turn([Self.staff])) { router.fallbacks(after: "cloud/big") }, [])
    }

    @Test("a conversation that has to be summed up is refused as well, by the same line, and nothing of it leaves")
    func summary() async throws {
        let router = self.router()
        let chat = ChatTurn(router, catalog: ModelCatalog(router), logger: Logger(label: "test"))
        let history = (1...60).map { HistoryEntry(id: Int64($0), role: .user, author: "ada", text: "\($0) " + words) }
        for history in [[], history] {
            let turn = Self.turn([Self.secret], history: history)
            let failure = await #expect(throws: TurnFailure.self) {
                try await TurnRequest.$current.withValue(turn) { _ = try await chat.run(turn) { _ in } }
            }
            expectEqual(failure?.message.hasPrefix("vault's data is of class secret"), true, "\(history.count)")
        }
        #expect(self.cloud.requests.isEmpty)
    }

    @Test("the rule of a repository in a sentence")
    func sentence() {
        expectEqual(
            self.router().dataRule(for: "vault"),
            "The data of `vault` is of class `secret`: it reaches only models of the providers of `local/llama3.2`, no "
                + "extension, and no thread of another repository.")
        expectEqual(self.router().dataRule(for: "people")?.contains("it reaches no model, no extension"), true)
        expectEqual(self.router().dataRule(for: nil), nil)
    }
}

private let words = String(repeating: "word after word ", count: 400)
