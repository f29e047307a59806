import JSON
import Primitives
import TestSupport

@testable import Gateway

/// A client of the live protocol without a network. While it is not reading, the server's sends wait.
final class FakeSocket: LiveSocket {
    struct Frame: Sendable, Equatable {
        let id: String
        let operation: String
        let type: String
        let content: String
        let sequence: Int64

        var isLast: Bool { self.type == "complete" || (self.type == "error" && self.sequence > 0) }

        init(_ text: String) throws {
            let json = try JSON.parse(text)
            self.id = json["id"]?.stringValue ?? ""
            self.operation = json["operation_id"]?.stringValue ?? ""
            self.type = json["type"]?.stringValue ?? ""
            self.content = json["content"]?.stringValue ?? ""
            self.sequence = Int64(json["sequence"]?.intValue ?? -1)
        }
    }

    /// Who else has a conversation open, and who writes.
    struct People: Sendable, Equatable {
        var present: [String]
        var typing: [String] = []
    }

    private struct State {
        var people: [People] = []
        var pongs = 0
        var incoming: [String] = []
        var reader: CheckedContinuation<String?, Never>?
        var received: [Frame] = []
        var isReading = true
        var writers: [CheckedContinuation<Void, Never>] = []
        var isClosed = false
    }

    private let state = Protected(State())

    var isReading: Bool {
        get { self.state.withLock { $0.isReading } }
        set {
            let writers = self.state.withLock { state -> [CheckedContinuation<Void, Never>] in
                state.isReading = newValue
                defer { if newValue { state.writers = [] } }
                return newValue ? state.writers : []
            }
            for writer in writers { writer.resume() }
        }
    }

    var isClosed: Bool { self.state.withLock { $0.isClosed } }
    var hasReceived: Bool { self.state.withLock { !$0.received.isEmpty } }

    /// All that was received.
    var people: [People] { self.state.withLock { $0.people } }

    /// Waits until everything that was said before has been read.
    func isHeard() async throws {
        let count = self.state.withLock { $0.pongs }
        self.say(#"{"ping":1}"#)
        try await eventually("a pong has come") { self.state.withLock { $0.pongs > count } }
    }

    /// Waits for the frame number `count` about people, and returns it.
    func people(_ count: Int) async throws -> People {
        try await eventually("frame \(count) about people has come") { self.people.count >= count }
        return self.people[count - 1]
    }

    func say(_ text: String) {
        let reader = self.state.withLock { state -> CheckedContinuation<String?, Never>? in
            if state.reader == nil { state.incoming.append(text) }
            return state.reader.take()
        }
        reader?.resume(returning: text)
    }

    /// Waits until the received frames satisfy `isEnough`, and takes them.
    func frames(until isEnough: ([Frame]) -> Bool) async throws -> [Frame] {
        var frames: [Frame]?
        try await eventually("enough frames have come") {
            frames = self.state.withLock { state -> [Frame]? in
                guard isEnough(state.received) else { return nil }
                defer { state.received = [] }
                return state.received
            }
            return frames != nil
        }
        return frames ?? []
    }

    /// Waits until a thread's subscription is active: writes commands until all frames of one have arrived.
    func settled(_ live: LiveHarness) async throws {
        try await eventually("a command's frames arrive") {
            let operation = try await live.caller.write("/whoami", to: live.thread)
            for _ in 1...200 where !self.hasSeenEnd(of: operation) { await Task.yield() }
            return self.hasSeenEnd(of: operation)
        }
        self.state.withLock { $0.received = [] }
    }

    private func hasSeenEnd(of operation: String) -> Bool {
        self.state.withLock { $0.received.contains { $0.operation == operation && $0.isLast } }
    }

    // MARK: LiveSocket

    func receive() async throws -> String? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let text = self.state.withLock { state -> String?? in
                    if state.isClosed { return .some(nil) }
                    if !state.incoming.isEmpty { return state.incoming.removeFirst() }
                    state.reader = continuation
                    return .none
                }
                if let text { continuation.resume(returning: text) }
            }
        } onCancel: {
            self.end()
        }
    }

    func send(_ text: String) async throws {
        let json = try JSON.parse(text)
        if json["pong"] != nil { return self.state.withLock { $0.pongs += 1 } }
        if let present = json["present"]?.arrayValue {
            let typing = json["typing"]?.arrayValue ?? []
            let people = People(
                present: present.compactMap(\.stringValue).sorted(), typing: typing.compactMap(\.stringValue))
            return self.state.withLock { $0.people.append(people) }
        }
        let frame = try Frame(text)
        await withCheckedContinuation { continuation in
            let mayGo = self.state.withLock { state -> Bool in
                if state.isReading || state.isClosed { return true }
                state.writers.append(continuation)
                return false
            }
            if mayGo { continuation.resume() }
        }
        self.state.withLock { $0.received.append(frame) }
    }

    func refuse(_ reason: String) async { self.end() }

    func leave() async { self.end() }

    func finish() async { self.end() }

    private func end() {
        let (reader, writers) = self.state.withLock { state in
            state.isClosed = true
            defer { state.writers = [] }
            return (state.reader.take(), state.writers)
        }
        reader?.resume(returning: nil)
        for writer in writers { writer.resume() }
    }
}
