import Chat
import Store
import TestSupport
import Testing

@testable import People
@testable import Sessions
@testable import Threads

@Suite("The command `export`", .timeLimit(.minutes(1)))
struct ExportCommandTests {
    private static func harness(_ traits: RoomTraits, limit: Int = .max) async throws -> BridgeHarness {
        let directory = try TemporaryDirectory()
        var settings = BridgeSettings(
            publicURL: "http://bot.example", drainTimeout: .milliseconds(50), repositories: ["notes"],
            filesDirectory: directory.path + "/files")
        settings.quota.stored = limit
        settings.quota.includesOwners = true
        return try await BridgeHarness(
            directory: directory, traits: traits, settings: settings,
            export: { session, format, reader, role, write in
                try await write("\(format) of \(session.owner) ")
                try await write("for \(reader.displayName), \(role)")
            })
    }

    private static let withFiles = RoomTraits(
        capabilities: .files, textLimit: 4_000, textUnit: .bytes, uploadLimit: 1 << 20)

    @Test("where a room has files, the conversation is posted as one", arguments: ["", " json"])
    func file(argument: String) async throws {
        let harness = try await Self.harness(Self.withFiles)
        _ = try await harness.ask("Say hello")
        await harness.adapter.waitForPosts(1)
        _ = try #require(try await harness.ask("!export\(argument)"))
        await harness.adapter.waitForPosts(2)
        let file = try #require(harness.adapter.posts.last?.file)
        let isJSON = !argument.isEmpty
        expectEqual(file.name, "say-hello.\(isJSON ? "json" : "md")")
        expectEqual(
            String(decoding: file.bytes, as: UTF8.self),
            "\(isJSON ? "json" : "markdown") of fake:one/alice for alice, owner")
    }

    @Test("elsewhere, and where there is no room for a file, it is a link")
    func link() async throws {
        let plain = RoomTraits(textLimit: 4_000, textUnit: .bytes)
        for harness in [try await Self.harness(plain), try await Self.harness(Self.withFiles, limit: 12_000)] {
            let submission = try #require(try await harness.ask("Say hello"))
            await harness.adapter.waitForPosts(1)
            let session = try #require(try await harness.turn(submission.operation)?.session)
            try await harness.bridge.store.write { ledger in try ledger.setFiles(12_000, of: session) }
            _ = try #require(try await harness.ask("!export markdown"))
            await harness.adapter.waitForPosts(2)
            let url = "http://bot.example/api/v1/threads/\(session)/export?format=markdown"
            expectEqual(harness.adapter.texts.last?.contains(url), true)
            expectEqual(harness.adapter.posts.last?.file, nil)
        }
    }

    @Test("another format is refused, and an empty thread has nothing to export")
    func refusals() async throws {
        let harness = try await Self.harness(Self.withFiles)
        _ = try #require(try await harness.ask("!export"))
        _ = try #require(try await harness.ask("!export pdf"))
        await harness.adapter.waitForPosts(2)
        expectEqual(harness.adapter.texts, [CommandTexts.nothingToExport, CommandTexts.exportUsage(CommandSign("!"))])
    }
}
