import Extensions
import JSON
import Jail
import Primitives
import TestSupport
import Testing

@Suite("Servers of bad manners", .timeLimit(.minutes(2)))
struct RudeServerTests {
    private func call(_ server: ExtensionServer) async throws -> String {
        try await server.call("go", [:], for: ServerScene.caller).text
    }

    @Test("lines that are not messages are dropped and counted")
    func prints() async throws {
        try await ServerScene.withRude("print") { server in
            await expectEqual(try self.call(server), "printed")
            await expectEqual(server.status().droppedLines, 4)
            await expectEqual(try server.offer().tools.map(\.name), ["go"])
        }
    }

    @Test("an answer over the limit fails alone")
    func huge() async throws {
        try await ServerScene.withRude("huge") { server in
            let failure = try await ServerScene.failure { try await self.call(server) }
            expectEqual(failure.kind, .malformed)
            expectEqual(failure.description.contains("it has 10 MiB"), true, failure.description)
            await expectEqual(try self.call(server), "gone")
        }
    }

    @Test("a flood of notifications ends with the answer")
    func flood() async throws {
        try await ServerScene.withRude("flood") { server in
            let seen = Protected(0)
            let caller = ExtensionCaller(session: "s", progress: { _ in seen.withLock { $0 += 1 } })
            await expectEqual(try server.call("go", [:], for: caller).text, "flooded")
            expectEqual((1..<1_000).contains(seen.withLock { $0 }), true)
        }
    }

    @Test("answers to nothing are ignored, ids of both sides do not meet, and errors are shown safely")
    func ids() async throws {
        try await ServerScene.withRude("foreign") { server in
            let failure = try await ServerScene.failure { try await self.call(server) }
            expectEqual(failure.kind, .refused(code: -5))
            expectEqual(failure.description, "office answered with an error (-5): no⟨U+202E⟩paper")
        }
        try await ServerScene.withRude("ping") { server in
            await expectEqual(try self.call(server), "the answer was {}")
        }
    }

    @Test("only a missing cursor ends a list, and a repeated one fails it")
    func cursors() async throws {
        try await ServerScene.withRude("empty") { server in
            await expectEqual(try server.offer().tools.map(\.name), ["go", "after ''"])
        }
        for (manner, words) in [("repeat", "repeats a page"), ("endless", "more than 100 pages")] {
            try await ServerScene.withRude(manner) { server in
                let failure = try await ServerScene.failure { try await server.offer() }
                expectEqual(failure.kind, .malformed)
                expectEqual(failure.description.contains(words), true, failure.description)
            }
        }
    }

    @Test("a silent probe is followed by the old handshake, and remembered")
    func silent() async throws {
        var times = ExtensionServer.Times()
        times.patience = .milliseconds(100)
        try await ServerScene.withRude("silent", times: times) { server in
            await expectEqual(try server.offer().era, .legacy)
            await server.stop()
            await expectEqual(try self.call(server), "gone")
        }
    }

    @Test("an older revision is spoken, an unknown one is not")
    func revisions() async throws {
        try await ServerScene.withRude("old") { server in
            await expectEqual(try server.offer().revision, "2024-11-05")
        }
        try await ServerScene.withRude("ancient") { server in
            let failure = try await ServerScene.failure { try await server.offer() }
            expectEqual(failure.kind, .down)
            expectEqual(failure.description.contains("it speaks the revision 1999-01-01"), true, failure.description)
        }
    }

    @Test("a crash fails the open call, which may have run; the next call starts the server again")
    func crash() async throws {
        try await ServerScene.withRude("crash") { server in
            let failure = try await ServerScene.failure { try await self.call(server) }
            expectEqual(failure.kind, .lost)
            expectEqual(failure.description.contains("may have run"), true)
            try await eventually("it has ended") { await server.status().state == .idle }
            let error = await server.status().lastError
            expectEqual(error?.hasSuffix("It wrote:\nTraceback: out of paper"), true, error ?? "")
            let again = try await ServerScene.failure { try await self.call(server) }
            expectEqual(again.kind, .lost)
        }
    }

    @Test("a program that ends at its start says why, without its secrets, and is given up until somebody asks")
    func stillborn() async throws {
        var times = ExtensionServer.Times()
        times.pause = .milliseconds(1)
        try await ServerScene.withRude("stillborn", times: times) { server in
            for _ in 0..<5 {
                // Asking begins the count anew, so only calls count.
                let failure = try await ServerScene.failure { try await self.call(server) }
                expectEqual(failure.kind, .down)
                expectEqual(
                    failure.description,
                    "office ended at its start. It wrote:\nAttributeError: no attribute 'run' with key <redacted>")
            }
            await expectEqual(server.status().state, .failed)
            let failure = try await ServerScene.failure { try await self.call(server) }
            expectEqual(failure.description.hasPrefix("office is not started again"), true)
            let asked = try await ServerScene.failure { try await server.offer() }
            expectEqual(asked.description.hasPrefix("office ended at its start"), true)
            await expectEqual(server.status().state, .idle)
        }
    }

    @Test("a server that never answers fails its start in time, with the program ended")
    func deaf() async throws {
        try await ServerScene.withRude("deaf", { $0.limits.start = .milliseconds(300) }) { server in
            let failure = try await ServerScene.failure { try await server.offer() }
            expectEqual(failure.kind, .late)
            await expectEqual(server.status().state, .idle)
        }
    }

    @Test("only listed addresses are reached, and the refused ones are named when a start fails")
    func network() async throws {
        let rule = try NetworkRule("allowed.example:443")
        try await ServerScene.withRude("downloads", { $0.network = [rule] }) { server in
            let failure = try await ServerScene.failure { try await server.offer() }
            expectEqual(failure.kind, .down)
            let words =
                "It was refused models.example (no rule allows it): add what it needs to `network`. It wrote:\nno model: HTTP Error 403"
            expectEqual(failure.description.contains(words), true, failure.description)
        }
    }

    @Test("a list that has changed is reported", arguments: ServerScene.SDK.allCases)
    func changes(_ sdk: ServerScene.SDK) async throws {
        func check(_ server: ExtensionServer) async throws {
            let changed = Protected(false)
            await server.onChange { changed.withLock { $0 = true } }
            let before = try await server.offer().tools.count
            // Listening begins beside the first list.
            try await eventually("the change is reported") {
                _ = try await server.call("change", [:], for: ServerScene.caller)
                return changed.withLock { $0 }
            }
            await expectEqual(try server.offer().tools.count, before + 1)
        }
        try await ServerScene.withOffice(sdk) { try await check($0) }
        try await ServerScene.withHTTPOffice(sdk) { try await check($0) }
    }
}
