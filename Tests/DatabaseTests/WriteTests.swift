import Glibc
import Primitives
import TestSupport
import Testing

@testable import Database

@Suite("Writes", .timeLimit(.minutes(1)))
struct WriteTests {
    @Test("writes that arrive during a commit share the next one")
    func groupCommit() async throws {
        let reports = Protected<[Int]>([])
        let store = try TestStore(
            settings: DatabaseSettings(commitObserver: { report in
                #expect(report.duration > .zero)
                reports.withLock { $0.append(report.writes) }
            }))
        let (started, gate) = (Gate(), Gate())
        async let held: Void = store.database.write { _ in
            started.open()
            gate.block()
        }
        await started.opened()
        let done = Gate()
        for index in 0..<64 {
            store.database.submit({ try $0.execute("INSERT INTO notes (text) VALUES ($1)", "n\(index)") }) { _ in
                if index == 63 { done.open() }
            }
        }
        gate.open()
        try await held
        await done.opened()
        try await expectEqual(store.texts().count, 64)
        expectEqual(reports.withLock { $0 }, [1, 64])
    }

    @Test("a write that waits for the next shares its commit, and is not lost when the store closes")
    func waiting() async throws {
        let reports = Protected<[Int]>([])
        let store = try TestStore(
            settings: DatabaseSettings(commitObserver: { report in reports.withLock { $0.append(report.writes) } }))
        let results = Protected<[String]>([])
        @Sendable func addWaiting(_ text: String) {
            store.database.submitWithNext({ try $0.execute("INSERT INTO notes (text) VALUES ($1)", [.text(text)]) }) {
                result in
                results.withLock { results in
                    if case .success = result { results.append(text) } else { results.append("failed") }
                }
            }
        }
        addWaiting("first")
        // Only another write makes it begin, however long that takes.
        try await Task.sleep(for: .milliseconds(50))
        #expect(try await store.texts() == [] && reports.withLock { $0 } == [])
        try await store.add("second")
        try await expectEqual(store.texts(), ["first", "second"])
        #expect(reports.withLock { $0 } == [2] && results.withLock { $0 } == ["first"])
        addWaiting("third")
        await store.database.close()
        expectEqual(results.withLock { $0 }, ["first", "third"])
        addWaiting("fourth")
        expectEqual(results.withLock { $0 }, ["first", "third", "failed"])
    }

    @Test("a failed write undoes only its own changes and passes its error on")
    func failureIsAlone() async throws {
        let store = try TestStore()
        let gate = Gate()
        let results = Protected<[String]>([])
        store.database.submit({ _ in gate.block() }, completion: { _ in })
        for index in 0..<10 {
            store.database.submit({ connection in
                try connection.execute("INSERT INTO notes (text) VALUES ($1)", "n\(index)")
                if index % 3 == 0 { throw Refusal() }
                return index
            }) { result in
                results.withLock { results in
                    switch result {
                    case .success(let value): results.append("\(value)")
                    case .failure(let error): results.append(error is Refusal ? "refused" : "\(error)")
                    }
                }
            }
        }
        gate.open()
        try await store.add("last")
        try await expectEqual(store.texts(), ["n1", "n2", "n4", "n5", "n7", "n8", "last"])
        expectEqual(results.withLock { Set($0) }, ["refused", "1", "2", "4", "5", "7", "8"])
        expectEqual(results.withLock { $0.filter { $0 != "refused" } }, ["1", "2", "4", "5", "7", "8"])
    }

    @Test("a part of a write can fail on its own")
    func savepoints() async throws {
        let store = try TestStore()
        try await store.database.write { connection in
            try connection.execute("INSERT INTO notes (text) VALUES ('a')")
            let error = Self.error {
                try connection.savepoint {
                    try connection.execute("INSERT INTO notes (text) VALUES ('b')")
                    try connection.savepoint { try connection.execute("INSERT INTO notes (text) VALUES ('c')") }
                    throw Refusal()
                }
            }
            #expect(error is Refusal)
            try connection.savepoint { try connection.execute("INSERT INTO notes (text) VALUES ('d')") }
        }
        try await expectEqual(store.texts(), ["a", "d"])
    }

    /// Instead of `#expect(throws:)`, from which Swift 6.3 lets the error escape here.
    static func error(_ body: () throws -> Void) -> (any Error)? {
        do {
            try body()
            return nil
        } catch {
            return error
        }
    }

    @Test("a cancelled task's write is still stored")
    func cancellation() async throws {
        let store = try TestStore()
        let task = Task { try await store.add("kept") }
        task.cancel()
        try await task.value
        try await expectEqual(store.texts(), ["kept"])
    }

    @Test("work beyond the queue's capacity is refused")
    func overload() async throws {
        let store = try TestStore(settings: DatabaseSettings(queueCapacity: 4))
        let (started, gate) = (Gate(), Gate())
        store.database.submit(
            { _ in
                started.open()
                gate.block()
            }, completion: { _ in })
        await started.opened()
        let codes = Protected<[DatabaseError.Code?]>([])
        for _ in 0..<6 {
            store.database.submit({ _ in }) { result in
                guard case .failure(let error) = result else { return }
                codes.withLock { $0.append((error as? DatabaseError)?.code) }
            }
        }
        expectEqual(codes.withLock { $0 }, [.overloaded, .overloaded])
        gate.open()
        await store.database.close()
    }

    @Test("closing finishes pending work and refuses new work")
    func closing() async throws {
        let store = try TestStore()
        let done = Protected(0)
        for index in 0..<100 {
            store.database.submit({ try $0.execute("INSERT INTO notes (text) VALUES ($1)", "n\(index)") }) { _ in
                done.withLock { $0 += 1 }
            }
        }
        await store.database.close()
        expectEqual(done.withLock { $0 }, 100)
        await expectEqual(store.code { try await store.add("late") }, .closed)
        await expectEqual(store.code { _ = try await store.texts() }, .closed)
        await store.database.close()
        // The log has been copied into the file.
        try expectEqual(store.directory.names(), ["store.sqlite"])
        try await expectEqual(TestStore(store.directory).texts().count, 100)
    }

    @Test("a released store still writes what was submitted")
    func lettingGo() async throws {
        let directory = try TestDirectory()
        let gate = Gate()
        do {
            let store = try TestStore(directory)
            store.database.submit({ try $0.execute("INSERT INTO notes (text) VALUES ('x')") }) { _ in gate.open() }
        }
        await gate.opened()
        try await expectEqual(TestStore(directory).texts(), ["x"])
    }

    @Test("the log does not grow without bound")
    func logIsCheckpointed() async throws {
        let store = try TestStore()
        let text = String(repeating: "x", count: 100_000)
        for index in 0..<200 { try await store.add("\(index)\(text)") }
        var status = stat()
        expectEqual(stat(store.directory.store + "-wal", &status), 0)
        #expect(status.st_size < 8 << 20)
    }

    @Test("the log is filled once there are many commits, and a copy of it as a crash leaves it has all of them")
    func logIsFilled() async throws {
        let (store, copy) = (try TestStore(), try TestDirectory())
        for index in 0..<200 { try await store.add("\(index)") }
        var status = stat()
        expectEqual(stat(store.directory.store + "-wal", &status), 0)
        expectEqual(status.st_size, 1_900 * 4_120)
        for suffix in ["", "-wal"] {
            let (from, to) = (
                open(store.directory.store + suffix, O_RDONLY), open(copy.store + suffix, O_WRONLY | O_CREAT, 0o600)
            )
            #expect(sendfile(to, from, nil, 1 << 24) > 0)
            close(from)
            close(to)
        }
        try await expectEqual(TestStore(copy).texts().count, 200)
    }
}
