import Chat
import Logging
import Models
import Primitives
import TestSupport
import Testing

@Suite("Several providers", .timeLimit(.minutes(1)))
struct ModelRouterTests {
    private static func source(
        _ id: String?, _ names: [String], contextTokens: Int? = nil, model: ScriptedModel? = nil
    ) -> ModelRouter.Source {
        let client = model ?? ScriptedModel(names: names)
        return ModelRouter.Source(
            id: id, client, catalog: ModelCatalog(client, contextTokens: contextTokens))
    }

    private static func failing(_ id: String, _ message: String) -> ModelRouter.Source {
        let client = ScriptedModel(listing: { throw ModelError(.unreachable, message) })
        return ModelRouter.Source(id: id, client, catalog: ModelCatalog(client))
    }

    @Test(
        "a model is found by its whole name, and by its name alone where one provider lists it",
        arguments: [
            ("office/gpt-4.1", "office/gpt-4.1"), ("office/unlisted", "office/unlisted"),
            ("llama3.2", "local/llama3.2"),
            // Both list it.
            ("gpt-4.1", "gpt-4.1"), ("local/gpt-4.1", "local/gpt-4.1"),
            // The slash is a part of the name.
            ("openai/gpt-4o", "git/openai/gpt-4o"), ("git/openai/gpt-4o", "git/openai/gpt-4o"),
            // `office` has no such model, but another provider's begins like it.
            ("office/tiny-phi", "git/office/tiny-phi"), ("nowhere", "nowhere"), ("nowhere/x", "nowhere/x"), ("", ""),
            ("office/", "office/"),
        ])
    func names(_ name: String, _ full: String) async throws {
        let router = ModelRouter(
            [
                Self.source("office", ["gpt-4.1", "o3"]), Self.source("local", ["llama3.2", "gpt-4.1"]),
                Self.source("git", ["openai/gpt-4o", "office/tiny-phi"]),
            ], default: "office/gpt-4.1")
        _ = try await router.models()
        expectEqual(router.fullName(of: name), full)
        expectEqual(router.defaultModel, "office/gpt-4.1")
    }

    @Test("models of `model` have no prefix, and win where others list the same name")
    func plain() async throws {
        let router = ModelRouter(
            [Self.source(nil, ["gpt-4.1", "local/odd"]), Self.source("local", ["gpt-4.1", "odd", "llama3.2"])],
            default: "gpt-4.1")
        try await expectEqual(
            router.models().map(\.id), ["gpt-4.1", "local/gpt-4.1", "local/odd", "local/llama3.2"])
        expectEqual(router.fullName(of: "gpt-4.1"), "gpt-4.1")
        expectEqual(router.fullName(of: "unlisted"), "unlisted")
        expectEqual(router.route("local/odd")?.source.id, "local")
        expectEqual(router.fullName(of: "llama3.2"), "local/llama3.2")
    }

    @Test("no text goes to another provider because a list is missing")
    func unlisted() async throws {
        let (other, plain) = (Self.source("office", ["gpt-4.1", "deep/chat", "o3"]), Self.failing("x", "down"))
        let router = ModelRouter(
            [
                Self.failing("deep", "down"), ModelRouter.Source(id: nil, plain.client, catalog: plain.catalog), other,
            ], default: "gpt-4.1")
        _ = try await router.models()
        expectEqual(router.fullName(of: "gpt-4.1"), "gpt-4.1")
        expectEqual(router.fullName(of: "o3"), "o3")
        expectEqual(router.route("deep/chat")?.source.id, "deep")
        // Whose list lacks it: the default stays where it is.
        let listed = ModelRouter([Self.source(nil, ["rehearsal"]), other], default: "gpt-4.1")
        _ = try await listed.models()
        expectEqual(listed.fullName(of: "gpt-4.1"), "gpt-4.1")
        expectEqual(listed.fullName(of: "o3"), "office/o3")
    }

    @Test("a provider that fails is missing, with its reason; the others are not affected")
    func missing() async throws {
        let router = ModelRouter(
            [Self.failing("office", "work is down."), Self.source("local", ["llama3.2"])], default: "office/gpt-4.1")
        let catalog = ModelCatalog(router)
        try await expectEqual(catalog.models().map(\.id), ["local/llama3.2"])
        expectEqual(router.missing, ["office: work is down."])
        expectEqual(router.defaultModel, "office/gpt-4.1")
        let only = ModelRouter([Self.failing("office", "work is down.")], default: "office/gpt-4.1")
        await #expect(throws: ModelError(.unavailable, "office: work is down.")) { try await only.models() }
    }

    @Test("the list does not wait long for one that hangs, and has it when it answers")
    func hanging() async throws {
        let gate = Gate(isOpen: false)
        let slow = ScriptedModel(listing: {
            await gate.pass()
            return [ModelInfo(id: "late", name: "late", inputLimit: 1, outputLimit: 1)]
        })
        let router = ModelRouter(
            [
                ModelRouter.Source(id: "slow", slow, catalog: ModelCatalog(slow)), Self.source("local", ["llama3.2"]),
            ], default: "local/llama3.2", patience: .milliseconds(1))
        try await eventually("the other's list is there") {
            try await router.models().map(\.id) == ["local/llama3.2"]
        }
        expectEqual(
            router.missing, ["slow: The provider takes too long to answer; try again in a moment."])
        gate.setOpen(true)
        try await eventually("the list is whole") {
            try await router.models().map(\.id) == ["slow/late", "local/llama3.2"]
        }
        expectEqual(router.missing, [])
    }

    @Test("a request goes to its provider under the name that it has there")
    func requests() async throws {
        let (work, local) = (ScriptedModel(names: ["a", "both"]), ScriptedModel(names: ["b", "both"]))
        let router = ModelRouter(
            [Self.source("office", [], model: work), Self.source("local", [], model: local)], default: "office/a")
        for model in ["local/b", "b", "office/c", nil] {
            for try await _ in router.stream(ModelRequest(model: model, messages: [])) {}
        }
        expectEqual(local.requests.map(\.model), ["b", "b"])
        expectEqual(work.requests.map(\.model), ["c", "a"])
        for (name, message) in [
            ("both", "Several providers have a model “both”: `office/both`, `local/both`; `model NAME` chooses one."),
            ("none", "No provider has a model “none”: `models` lists the available ones; `model NAME` chooses one."),
        ] {
            await #expect(throws: ModelError(.unknownModel, message)) {
                for try await _ in router.stream(ModelRequest(model: name, messages: [])) {}
            }
        }
    }

    @Test("each provider has its own limits, also for models that it does not list")
    func limits() async throws {
        let router = ModelRouter(
            [Self.source("office", ["gpt-4.1"]), Self.source("local", ["llama3.2"], contextTokens: 8_000)],
            default: "office/gpt-4.1")
        let catalog = ModelCatalog(router, contextTokens: 100)
        _ = try await catalog.models()
        expectEqual(catalog.assumed("office/gpt-4.1").inputLimit, 64_000)
        expectEqual(catalog.assumed("office/gpt-4.1-mini").inputLimit, 1_000_000)
        expectEqual(catalog.assumed("local/other").inputLimit, 6_000)
        expectEqual(catalog.assumed("local/other").id, "local/other")
        expectEqual(
            catalog.known.map(\.detail),
            [
                "64000 tokens in, 4096 out", "6000 tokens in, 2000 out",
            ])
    }

    @Test("what a turn uses is recorded under the whole name")
    func usage() async throws {
        let router = ModelRouter([Self.source("office", ["a"]), Self.source("local", ["b"])], default: "office/a")
        _ = try await router.models()
        let turn = ChatTurn(router, catalog: ModelCatalog(router), logger: Logger(label: "test"))
        let calls = Protected<[String]>([])
        for model in [nil, "b"] {
            _ = try await turn.run(Requests.turn("Hello", model: model)) { event in
                if case .usage(let call) = event { calls.withLock { $0.append(call.asked) } }
            }
        }
        expectEqual(calls.withLock { $0 }, ["office/a", "local/b"])
    }
}
