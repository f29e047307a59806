import JSON
import Primitives
import TestSupport

/// The web chat through its API; each conversation is a thread.
final class ServedWeb: ServedNetwork {
    private let conversations: Int
    private let state = Protected<(client: GatewayClient, threads: [String])?>(nil)
    let name = "web"
    let entry = ""
    let owners: [String] = []
    let environment: [String: String] = [:]

    init(conversations: Int) { self.conversations = conversations }

    func meet(_ host: HostProcess) async throws {
        let client = try await host.signIn()
        var threads: [String] = []
        for _ in 0..<self.conversations { threads.append(try await client.newThread()) }
        let made = threads
        self.state.withLock { $0 = (client, made) }
    }

    /// A signed-in reader.
    var client: GatewayClient? { self.state.withLock { $0?.client } }

    func thread(of conversation: Int) throws -> String { try self.place(conversation).thread }

    private func place(_ conversation: Int) throws -> (client: GatewayClient, thread: String) {
        guard let state = self.state.withLock({ $0 }) else { throw NetworkFailure("nobody is signed in") }
        return (state.client, state.threads[conversation])
    }

    func say(_ text: String, in conversation: Int) async throws {
        let (client, thread) = try self.place(conversation)
        _ = try await client.send(text, to: thread)
    }

    func words(in conversation: Int) async throws -> [String] {
        let (client, thread) = try self.place(conversation)
        return try await client.transcript(of: thread).filter { $0.role == "assistant" }.map(\.text)
    }

    func room(_ conversation: Int) async throws -> [RoomMessage] {
        let (client, thread) = try self.place(conversation)
        return try await client.transcript(of: thread).map { role, text in
            RoomMessage(author: role, isFromBot: role != "user", text: text)
        }
    }

    func decide(_ ask: String, _ decision: AskDecision, in conversation: Int) async throws {
        let (client, _) = try self.place(conversation)
        let body: JSON =
            switch decision {
            case .approve: ["answer": "A"]
            case .approveAll: ["answer": "all"]
            case .always: ["answer": "B"]
            case .deny(let reason): ["answer": "C", "text": .string(reason)]
            case .option(let letter): ["answer": .string(letter)]
            }
        let answer = try await client.answer("POST", "/api/v1/asks/\(ask)", body: body.text)
        guard answer.status == 200 else { throw NetworkFailure("\(ask): \(answer.status) \(answer.text)") }
    }

    func stop() async {}
}
