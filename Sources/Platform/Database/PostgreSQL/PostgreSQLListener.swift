package import EventLoop
internal import Glibc
internal import Primitives

/// A session that hears what is said on a channel of a database (`LISTEN`, `NOTIFY`).
///
/// It is opened on a thread that ends then, because libpq blocks while it looks up a name; after that it waits on the
/// event loop.
@Net package final class PostgreSQLListener {
    /// Whether a pooler is in between, which may give each transaction another session.
    package var isPooled: Bool { self.link.isPooled }
    private let link: PostgreSQLLink
    private var registration: Registration?
    private var heard: [[UInt8]] = []
    private var failure: DatabaseError?
    private let changed = WaitList()

    /// How much waits for the reader; more pushes out the oldest.
    private static let limit = 1_024

    /// Connects, and listens. What is said from now on is heard.
    ///
    /// - Throws: `DatabaseError`: unreachable, readOnly.
    package static func opened(_ settings: PostgreSQLSettings, channel: String) async throws -> PostgreSQLListener {
        // Of the task, until it is cancelled: the thread then opens for nobody.
        let waiting = Protected<CheckedContinuation<PostgreSQLLink, any Error>?>(nil)
        let link = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                waiting.withLock { $0 = continuation }
                let status = startThread {
                    let opened = Result { try Self.open(settings, channel) }
                    waiting.withLock { $0.take() }?.resume(with: opened)
                }
                if status != 0 {
                    let error = DatabaseError(code: .outOfMemory, message: "no thread can be started (\(status))")
                    waiting.withLock { $0.take() }?.resume(throwing: error)
                } else if Task.isCancelled {
                    waiting.withLock { $0.take() }?.resume(throwing: CancellationError())
                }
            }
        } onCancel: {
            waiting.withLock { $0.take() }?.resume(throwing: CancellationError())
        }
        let listener = PostgreSQLListener(link)
        try listener.watch()
        return listener
    }

    private nonisolated static func open(
        _ settings: PostgreSQLSettings, _ channel: String
    ) throws(DatabaseError) -> PostgreSQLLink {
        let link = try PostgreSQLConnection(settings, hasServed: true).connected()
        // A session that only listens is idle.
        try link.script("SET idle_session_timeout = 0; LISTEN \"\(channel)\"", within: settings.patience)
        return link
    }

    private init(_ link: PostgreSQLLink) { self.link = link }

    private func watch() throws {
        self.registration = try EventLoop.shared.watch(self.link.descriptor, .readable) { [weak self] _ in self?.read()
        }
        self.read()
    }

    private func read() {
        do throws(DatabaseError) {
            self.heard += try self.link.notifications()
            self.heard.removeFirst(max(0, self.heard.count - Self.limit))
        } catch {
            self.end(because: error)
        }
        if !self.heard.isEmpty { self.changed.wakeAll() }
    }

    /// What has been said since the last call; waits until something is. For one task.
    ///
    /// - Throws: Why the session has ended.
    package func next() async throws -> [[UInt8]] {
        while self.heard.isEmpty {
            if let failure = self.failure { throw failure }
            try await self.changed.wait()
        }
        defer { self.heard = [] }
        return self.heard
    }

    /// Ends the session, and the wait for it.
    package func close() { self.end(because: DatabaseError(code: .closed, message: "the session was closed")) }

    private func end(because error: DatabaseError) {
        self.registration?.cancel()
        self.registration = nil
        self.failure = self.failure ?? error
        self.changed.wakeAll()
    }
}
