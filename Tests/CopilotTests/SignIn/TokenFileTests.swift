import HTTP
import JSON
import Lifecycle
import Primitives
import TestSupport
import Testing

@testable import Copilot

@Suite("The file with the shared token")
struct TokenFileTests {
    private let folder: TemporaryDirectory
    private let settings: SignInSettings

    init() throws {
        self.folder = try TemporaryDirectory()
        self.settings = SignInSettings(
            githubURL: try HTTPURL("https://github.com"), apiURL: try HTTPURL("https://api.github.com"),
            folder: self.folder.path, userAgent: "jetbridge/0.0.0")
    }

    private func token(_ value: String = "one") throws -> StoredToken {
        let term = TokenTerm(
            obtained: ClockReading(wall: 1_800_000_000, uptime: 5, bootID: "boot"), life: 1_500, refreshIn: nil)
        return StoredToken(
            token: CopilotToken(
                value: Secret(value), expiresAt: term.expiresAt, apiURL: try HTTPURL("https://api.githubcopilot.com")),
            term: term, signIn: "mark", source: .apps)
    }

    @Test("a file that never existed does not count as removed")
    func missing() {
        var file = TokenFile(self.settings)
        #expect(file.hasChanged)
        expectEqual(file.read(), .nothing)
        #expect(!file.hasChanged)
    }

    @Test("a token that one process writes is noticed and read by another")
    func shared() throws {
        var writer = TokenFile(self.settings), reader = TokenFile(self.settings)
        _ = reader.read()
        try writer.write(self.token())
        #expect(!writer.hasChanged)
        #expect(reader.hasChanged)
        try expectEqual(reader.read(), .token(self.token()))
        #expect(!reader.hasChanged)
    }

    @Test("a deleted file is reported once")
    func removed() async throws {
        var file = TokenFile(self.settings)
        try file.write(self.token())
        _ = try await LoginStore.forget(self.settings)
        #expect(file.hasChanged)
        expectEqual(file.read(), .removed)
        expectEqual(file.read(), .nothing)
    }

    @Test("an unusable file has no token", arguments: ["", "{", #"{"version":2}"#])
    func unusable(text: String) throws {
        try PrivateFile.write(Array(text.utf8), to: "\(self.folder.path)/token.json")
        var file = TokenFile(self.settings)
        expectEqual(file.read(), .nothing)
    }

    @Test("a file with times that make no sense has no token", arguments: ["obtained_at", "uptime", "life"])
    func absurdTimes(member: String) throws {
        var json = try #require(try JSON.parse(self.token().bytes).objectValue)
        for time in [1e300, -1e300, -1, 2e12] {
            json[member] = .number(time)
            expectEqual(StoredToken(bytes: JSON.object(json).bytes, settings: self.settings), nil)
        }
        json[member] = .number(1_000)
        json["refresh_in"] = .number(1e300)
        let token = try #require(StoredToken(bytes: JSON.object(json).bytes, settings: self.settings))
        expectEqual(token.term.refreshIn, nil)
    }

    @Test("a failed write throws and changes nothing")
    func unwritable() throws {
        var settings = self.settings
        settings.folder = "\(self.folder.path)/missing"
        var file = TokenFile(settings)
        #expect(throws: (any Error).self) { try file.write(self.token()) }
        expectEqual(file.read(), .nothing)
    }
}
