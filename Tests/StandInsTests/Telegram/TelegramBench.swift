import HTTP
import HTTPClient
import JSON
import TestSupport

/// A stand-in with a person, a group and a forum, and a bot that calls it without a library.
struct TelegramBench: Sendable {
    static let ada: Int64 = 1_001
    static let bob: Int64 = 1_002
    static let group: Int64 = -200
    static let team: Int64 = -1_001_000_000_001
    static let forum: Int64 = -1_001_000_000_002

    let telegram: LoopbackTelegram
    private let client = HTTPClient()

    static func run(
        _ change: (inout LoopbackTelegram.Settings) -> Void = { _ in },
        _ body: (TelegramBench, LoopbackTelegram) async throws -> Void
    ) async throws {
        var settings = LoopbackTelegram.Settings()
        settings.flood = .off
        change(&settings)
        let telegram = try await LoopbackTelegram.started(settings)
        telegram.addPerson(TelegramPerson(Self.ada, "Ada", username: "ada_l"))
        telegram.addPerson(TelegramPerson(Self.bob, "Bob"))
        telegram.addGroup(Self.group, "Small", members: [Self.ada, Self.bob], kind: .group)
        telegram.addGroup(Self.team, "Team", members: [Self.ada, Self.bob])
        telegram.addGroup(Self.forum, "Forum", members: [Self.ada, Self.bob], isForum: true, bot: "administrator")
        do {
            try await body(TelegramBench(telegram: telegram), telegram)
        } catch {
            await telegram.stop()
            throw error
        }
        await telegram.stop()
    }

    /// The complete answer.
    func call(_ method: String, _ parameters: JSON = [:], token: String? = nil) async throws -> JSON {
        let url = try HTTPURL("\(self.telegram.apiURL)/bot\(token ?? self.telegram.token)/\(method)")
        let response = try await self.client.execute(
            HTTPClientRequest(
                .post, url, headers: ["Content-Type": "application/json"], body: .bytes(parameters.bytes)))
        return try JSON.parse(try await response.body.collect(upTo: 1 << 24))
    }

    /// The result of a successful call, or null.
    func result(_ method: String, _ parameters: JSON = [:]) async throws -> JSON {
        try await self.call(method, parameters)["result"] ?? .null
    }

    /// The description of a failed call, or an empty text.
    func error(_ method: String, _ parameters: JSON = [:]) async throws -> String {
        try await self.call(method, parameters)["description"]?.stringValue ?? ""
    }

    func send(_ text: String, to chat: Int64, _ more: JSONObject = [:]) async throws -> JSON {
        var parameters: JSONObject = ["chat_id": JSON(chat), "text": .string(text)]
        parameters.merge(more)
        return try await self.result("sendMessage", .object(parameters))
    }

    func send(
        raw: [UInt8], _ type: String, to method: String, query: String = "", _ verb: HTTPMethod = .post
    ) async throws -> (status: Int, body: [UInt8]) {
        let url = try HTTPURL("\(self.telegram.apiURL)/bot\(self.telegram.token)/\(method)\(query)")
        let response = try await self.client.execute(
            HTTPClientRequest(
                verb, url, headers: ["Content-Type": type], body: raw.isEmpty ? .none : .bytes(raw)))
        return (response.status.code, try await response.body.collect(upTo: 1 << 24))
    }

    func get(_ path: String) async throws -> (status: Int, body: [UInt8]) {
        let response = try await self.client.execute(
            HTTPClientRequest(.get, try HTTPURL(self.telegram.apiURL + path)))
        return (response.status.code, try await response.body.collect(upTo: 1 << 24))
    }

    /// The updates waiting from `offset` on, without waiting for more.
    func updates(_ offset: Int = 0, _ more: JSONObject = [:]) async throws -> [JSON] {
        var parameters: JSONObject = ["offset": JSON(offset), "timeout": 0]
        parameters.merge(more)
        // A second poll with the same offset would be delayed.
        self.telegram.skip(5)
        return try await self.result("getUpdates", .object(parameters)).arrayValue ?? []
    }

    /// The texts of the waiting messages; confirms them.
    func heard() async throws -> [String] {
        let updates = try await self.updates()
        if let last = updates.last?["update_id"]?.intValue { _ = try await self.updates(last + 1) }
        return updates.map { update in
            let message = update["message"] ?? update["edited_message"] ?? update["channel_post"]
            return message?["text"]?.stringValue ?? message?["caption"]?.stringValue ?? update.objectValue?.keys.last
                ?? ""
        }
    }
}
