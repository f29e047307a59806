import Glibc
import JSON
import TestSupport
import Testing

@testable import Host

/// A host with a model elsewhere and one of its own, which alone may get what a repository has.
@Suite("Classes of data: the whole host", .timeLimit(.minutes(2)))
struct DataClassTests {
    private static let mark = "KEY-7"

    private static func with(
        _ body:
            @escaping @Sendable (CommandScene, _ cloud: LoopbackModelServer, _ local: LoopbackModelServer) async throws
            -> Void
    ) async throws {
        let folder = try TemporaryDirectory()
        for name in ["notes", "vault"] {
            try RealGit("/").shell("mkdir -p \(folder.path)/\(name)")
            try TestFile.write("\(name == "vault" ? Self.mark : "nothing")\n", to: "\(folder.path)/\(name)/key.txt")
            try TestFile.write("Notes of \(name)\n", to: "\(folder.path)/\(name)/AGENTS.md")
            try RealGit("\(folder.path)/\(name)").shell(
                "git init -q -b main; git add -A; git commit -qm Start; git checkout -q -b topic; "
                    + "echo \(Self.mark) > more; git add -A; git commit -qm More; git checkout -q main")
        }
        let cloud = try await LoopbackModelServer.started(behaviors: ["test": .answer("From the cloud.")])
        let local = try await LoopbackModelServer.started(behaviors: ["test": .answer("From here.")])
        let settings = """
            models:
              - {id: cloud, provider: openai, name: test, base_url: "\(cloud.baseURL)"}
              - {id: local, provider: openai, name: test, base_url: "\(local.baseURL)", classes: [secret]}
            repositories:
              - {name: notes, path: "\(folder.path)/notes"}
              - {name: vault, path: "\(folder.path)/vault", class: secret}
            """
        do {
            try await CommandScene.with(settings, isolation: .none) { scene in try await body(scene, cloud, local) }
        } catch {
            await cloud.stop()
            await local.stop()
            throw error
        }
        await cloud.stop()
        await local.stop()
    }

    private static let line =
        "vault's data is of class secret, which cloud/test may not get: `/model local/test` chooses one that may."

    @Test("no kind of work brings it to another model: each is refused in a line that says which may, and audited")
    func refused() async throws {
        try await Self.with { scene, cloud, local in
            _ = try await scene.answer(to: "/repo vault")
            let commands = [
                "what is the key?", "/specify a key store", "/review topic", "/persona chat", "and now?",
                "/persona reviewer", "look at key.txt",
            ]
            var refusals = 0
            for text in commands {
                let ended = try await scene.client.ended(try await scene.client.send(text, to: scene.thread))
                guard !text.hasPrefix("/persona") else { continue }
                refusals += 1
                expectEqual(ended["state"], "failed", "\(text): \(ended.text)")
                expectEqual(ended["error"]?.stringValue?.contains(Self.line), true, "\(text): \(ended.text)")
            }
            #expect(cloud.requests.isEmpty && local.requests.isEmpty)
            let rows = try await scene.audit("data.refused")
            expectEqual(rows.count, refusals)
            expectEqual(
                rows.first, ["model": "cloud/test", "origins": [["repository": "vault", "class": "secret"]]])
        }
    }

    @Test("a model that may answers, with tools; what the thread held stays there when its repository changes")
    func answered() async throws {
        try await Self.with { scene, cloud, local in
            for text in ["/repo vault", "/model local/test"] { _ = try await scene.answer(to: text) }
            local.enqueue(.toolCall(name: "read", arguments: #"{"path": "key.txt"}"#))
            local.enqueue(.answer("It is \(Self.mark)."))
            let ended = try await scene.client.ended(
                try await scene.client.send("what is the key?", to: scene.thread))
            expectEqual(ended["state"], "complete", "\(ended.text)")
            expectEqual(local.requests.last?.messages.contains { $0.text.contains(Self.mark) }, true)
            for text in ["/repo notes", "/model cloud/test"] { _ = try await scene.answer(to: text) }
            let refused = try await scene.client.ended(try await scene.client.send("and now?", to: scene.thread))
            expectEqual(refused["error"]?.stringValue?.contains("; `/new` begins without it."), true, "\(refused.text)")
            #expect(cloud.requests.isEmpty)
            _ = try await scene.answer(to: "/new")
            let free = try await scene.client.ended(try await scene.client.send("and now?", to: scene.thread))
            expectEqual(free["state"], "complete", "\(free.text)")
            #expect(!cloud.requests.isEmpty)
            #expect(!cloud.requests.contains { $0.messages.contains { $0.text.contains(Self.mark) } })
        }
    }

    @Test("`policy explain` says the rule")
    func explained() async throws {
        try await Self.with { scene, _, _ in
            _ = try await scene.answer(to: "/repo vault")
            let text = try await scene.answer(to: "/policy explain ls")
            #expect(
                text.hasSuffix(
                    "- The data of `vault` is of class `secret`: it reaches only models of the providers of `local/test`, "
                        + "no extension, and no thread of another repository."), "\(text)")
        }
    }
}
