import Glibc
import JSON
import Jail
import Lifecycle
import Logging
import Primitives
import TestSupport
import Testing
import Turns

@testable import Host

/// A host in this process whose owner runs commands from the web chat.
struct CommandScene: Sendable {
    let client: GatewayClient
    let thread: String
    /// The host's data directory.
    let data: String

    /// - Parameter settings: Lines of YAML besides the data directory.
    static func with(
        _ settings: String = "", isolation: CommandIsolation = .jail, reach: JailReach = JailReach(),
        means: JailMeans? = nil,
        _ body: @escaping @Sendable (CommandScene) async throws -> Void
    ) async throws {
        let folder = try TemporaryDirectory()
        let data = "\(folder.path)/data"
        let text = """
            data_dir: \(data)
            gateway: {listen: "127.0.0.1:0"}
            \(settings)
            """
        let loaded = load(text)
        let configuration = try #require(loaded.configuration, "\(loaded.issues)")
        let host = try await Host(configuration, withNetworks: false, reach: reach) { directory in
            if let means { return means }
            return await JailProbing.means(configuration, isolation, in: directory, logger: Logger(label: "test"))
        }
        var settings = ServiceGroup.Settings()
        settings.watchesSignals = false
        try await host.run(settings) { host in
            let client = try await GatewayClient(signingInAt: host.address, code: host.signInCode)
            try await body(CommandScene(client: client, thread: try await client.newThread(), data: data))
            host.stop()
        }
    }

    /// Runs a command to its end, and returns what the thread shows of it.
    func run(_ command: String) async throws -> String {
        try await self.result(of: try await self.begin(command))
    }

    /// Returns the operation.
    func begin(_ command: String) async throws -> String {
        try await self.client.send("/run \(command)", to: self.thread)
    }

    func result(of operation: String) async throws -> String {
        let ended = try await self.client.ended(operation)
        let texts = try await self.client.transcript(of: self.thread).map(\.text)
        let error = ended["error"]?.stringValue
        return texts.last.map { $0 + (error.map { "\n\($0)" } ?? "") } ?? ""
    }

    /// What the bot answers to a command that is not a turn.
    func answer(to text: String) async throws -> String {
        _ = try await self.client.ended(try await self.client.send(text, to: self.thread))
        return try await self.client.transcript(of: self.thread).last?.text ?? ""
    }

    // MARK: Asks

    struct Ask {
        let id: String
        let text: String
    }

    /// Waits until the thread has an open ask; the suite's time limit ends the wait.
    func ask() async throws -> Ask {
        while true {
            let items = try await self.client.get("/api/v1/threads/\(self.thread)/asks")["items"]?.arrayValue ?? []
            if let item = items.first {
                return Ask(id: item["id"]?.stringValue ?? "", text: item["text"]?.stringValue ?? "")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    func answer(_ ask: Ask, _ key: String) async throws {
        _ = try await self.client.post("/api/v1/asks/\(ask.id)", ["answer": .string(key)])
    }

    // MARK: The audit

    /// The details of the session's rows of a kind, oldest first.
    func audit(_ kind: String) async throws -> [JSON] {
        let rows = try await self.client.get("/api/v1/audit?limit=200")["items"]?.arrayValue ?? []
        return rows.filter { $0["kind"]?.stringValue == kind }.compactMap { $0["details"] }.reversed()
    }
}
