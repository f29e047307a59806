import Chat
import Primitives

/// A desk with jobs that a test sets.
final class FakeDesk: CommandDesk {
    private struct State {
        var jobs: [Job] = []
        var pieces: [CommandOutput] = []
        var ending: String?
        var received: [String] = []
        var hasLeftovers = false
        var signals: [Signal] = []
        var obstacle: String?
        var abandoned: Set<String> = []
    }

    private let state = Protected(State())
    let jail = "a fake jail"

    var received: [String] { self.state.withLock { $0.received } }

    func add(_ job: Job) { self.state.withLock { $0.jobs.append(job) } }

    func write(_ text: String) { self.change { $0.pieces.append(CommandOutput(stream: .standardOutput, text: text)) } }

    func end(_ ending: String) { self.change { $0.ending = ending } }

    private func change(_ body: (inout State) -> Void) {
        let signals = self.state.withLock { state in
            body(&state)
            defer { state.signals = [] }
            return state.signals
        }
        for signal in signals { signal.signal() }
    }

    func jobs(of session: String) async throws -> [Job] { self.state.withLock { $0.jobs } }

    func job(_ id: String, of session: String) async throws -> Job? {
        self.state.withLock { $0.jobs.first { $0.id == id } }
    }

    func leave() { self.state.withLock { $0.hasLeftovers = true } }

    func endLeftovers(of session: String) async -> Bool {
        self.state.withLock { state in
            defer { state.hasLeftovers = false }
            return state.hasLeftovers
        }
    }

    var abandoned: Set<String> { self.state.withLock { $0.abandoned } }

    var sessions: Set<String> { get async { self.state.withLock { Set($0.jobs.map(\.session)) } } }

    func abandon(_ sessions: Set<String>) async { self.state.withLock { $0.abandoned.formUnion(sessions) } }

    func obstruct(_ obstacle: String?) { self.state.withLock { $0.obstacle = obstacle } }

    func obstacle(to repository: String, from current: String?, in session: String) async -> String? {
        self.state.withLock { $0.obstacle }
    }

    func kill(_ job: String, of session: String) async throws -> Bool {
        let wasRunning = self.state.withLock { $0.ending == nil }
        self.end("exit 130 · 1.2 s")
        return wasRunning
    }

    func progress(of job: String, in session: String, after position: Int, isWaiting: Bool) async throws -> JobProgress
    {
        while true {
            let signal = Signal()
            let progress = self.state.withLock { state -> JobProgress? in
                if state.pieces.count > position || state.ending != nil || !isWaiting || Task.isCancelled {
                    return JobProgress(
                        position: state.pieces.count, output: Array(state.pieces.dropFirst(position)),
                        ending: state.ending)
                }
                state.signals.append(signal)
                return nil
            }
            if let progress { return progress }
            await signal.wait()
        }
    }

    func files(below path: String, in place: SessionPlace) async throws -> [PlaceFile] { [] }
    func open(_ path: String, in place: SessionPlace) async throws -> PlaceContent {
        PlaceContent(size: 0) { _, _ in [] }
    }
    func diff(in place: SessionPlace) async throws -> String { "" }
    func snapshots(in place: SessionPlace) async throws -> [PlaceSnapshot] { [] }
    func receive(_ file: TurnFile, in place: SessionPlace, from sender: Sender, turn: String) async throws -> String {
        self.state.withLock { state in
            let isTaken = state.received.contains { $0.hasPrefix("\(file.name): ") }
            let name = isTaken ? "2-\(file.name)" : file.name
            state.received.append("\(name): \(String(decoding: file.bytes, as: UTF8.self))")
            return name
        }
    }
}
