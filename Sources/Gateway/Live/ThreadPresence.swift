internal import EventLoop
internal import JSON
internal import People
internal import Primitives

/// Who has which conversation open on this host's sockets, and who writes in it. Nothing of it is stored.
final class ThreadPresence: Sendable {
    /// A socket that shows a conversation to a person.
    final class Seat: Sendable {
        /// The same for all browsers and identities of one person.
        let person: String
        let name: String
        /// Whether this person sees the others; a guest who may only read does not.
        let showsOthers: Bool
        fileprivate let changed = Signal()
        /// Names of those who have typed since the last frame, by person.
        fileprivate let typing = Protected<[String: String]>([:])

        init(_ principal: Principal, showsOthers: Bool) {
            self.showsOthers = showsOthers
            self.person = principal.identities.map { AccessPolicy.folded($0) }.min() ?? principal.identity
            self.name = principal.credential.name.beginning(bytes: 100)
        }
    }

    /// The maximum number of sockets for one conversation. Further ones take no part.
    static let seats = 200
    /// Names in one frame.
    static let names = 20
    /// Between two frames to one socket, in which changes gather.
    private let pause: Duration
    private let threads = Protected<[String: [Seat]]>([:])

    init(pause: Duration) {
        self.pause = pause
    }

    /// Counts `seat` among those of a conversation until the task is cancelled, and sends it who else is there: nothing
    /// as long as it is alone.
    func follow(_ thread: String, as seat: Seat, _ send: (String) async throws -> Void) async throws {
        let hasRoom = self.threads.withLock { threads in
            guard threads[thread, default: []].count < Self.seats else { return false }
            threads[thread, default: []].append(seat)
            return true
        }
        guard hasRoom else { return }
        defer {
            self.threads.withLock { threads in
                threads[thread]?.removeAll { $0 === seat }
                if threads[thread]?.isEmpty == true { threads[thread] = nil }
            }
            self.wake(thread, except: seat)
        }
        self.wake(thread, except: seat)
        var known: [String] = []
        while !Task.isCancelled {
            let people = seat.showsOthers ? self.others(than: seat, in: thread) : []
            let typing = seat.typing.withLock { typing in
                defer { typing = [:] }
                return typing.values.sorted().prefix(Self.names)
            }
            if people != known || !typing.isEmpty {
                let frame: JSON = [
                    "thread_id": .string(thread), "present": .array(people.map { .string($0) }),
                    "typing": .array(typing.map { .string($0) }),
                ]
                try await send(frame.text)
                known = people
                // Cancelled, it ends.
                try? await Task.sleep(for: self.pause)
            }
            await seat.changed.wait()
        }
    }

    /// Tells the others that this person is writing.
    func typed(_ seat: Seat, in thread: String) {
        for other in self.threads.withLock({ $0[thread] ?? [] }) where other.showsOthers && other.person != seat.person
        {
            other.typing.withLock { $0[seat.person] = seat.name }
            other.changed.signal()
        }
    }

    /// Whether anybody would see that this person is writing.
    func isWatched(_ seat: Seat, in thread: String) -> Bool {
        self.threads.withLock { $0[thread]?.contains { $0.showsOthers && $0.person != seat.person } == true }
    }

    /// Each person once, in the order in which they came.
    private func others(than seat: Seat, in thread: String) -> [String] {
        var known: Set<String> = [seat.person]
        let seats = self.threads.withLock { $0[thread] ?? [] }
        return seats.filter { known.insert($0.person).inserted }.prefix(Self.names).map(\.name)
    }

    private func wake(_ thread: String, except seat: Seat) {
        for other in self.threads.withLock({ $0[thread] ?? [] }) where other !== seat { other.changed.signal() }
    }
}
