import Store
import TestSupport
import Testing

@testable import Sessions
@testable import Threads
@testable import Work

@Suite("Bundles in the store", .timeLimit(.minutes(1)))
struct BundleLedgerTests {
    private static func bundle(_ session: String, _ epoch: Int, _ number: Int) -> WorkspaceBundle {
        WorkspaceBundle(
            session: session, epoch: epoch, number: number, key: "workspaces/\(session)/\(epoch)-\(number).bundle",
            size: 10 * number, digest: "d\(number)", isFull: number == 1, repository: number == 1 ? "notes" : nil,
            snapshot: number + 1, commit: "c\(number)", at: 5)
    }

    @Test("epochs follow each other; a bundle of an older one, or of a deleted session, is refused")
    func epochs() async throws {
        let harness = try await BridgeHarness()
        _ = try await harness.ask("1")
        try await harness.settle()
        let store = harness.bridge.store
        let id = try #require(
            try await store.read { ledger in try ledger.sessions(after: nil, limit: 1).items.first?.id })
        try await store.write { ledger in
            #expect(try ledger.bundles(of: id).isEmpty)
            try expectEqual(ledger.beginBundleEpoch(of: id, isFull: true, repository: "notes", at: 4), 1)
            #expect(try ledger.add(Self.bundle(id, 1, 1)))
            #expect(try ledger.add(Self.bundle(id, 1, 2)))
            try expectEqual(ledger.beginBundleEpoch(of: id, isFull: false, repository: nil, at: 6), 2)
            #expect(try !ledger.add(Self.bundle(id, 1, 3)))
            #expect(try ledger.add(Self.bundle(id, 2, 1)))
            #expect(try !ledger.add(Self.bundle("s_none", 1, 1)))
            let known = try ledger.bundles(of: id)
            expectEqual(known.map { "\($0.epoch)-\($0.number)" }, ["1-0", "1-1", "1-2", "2-0", "2-1"])
            #expect(known[2] == Self.bundle(id, 1, 2) && known[0].isFull && !known[3].isFull)
            try ledger.remove([known[0], known[1]])
            try expectEqual(ledger.bundles(of: id).count, 3)
        }
        try await expectEqual(SessionDeletion(store: store, filesDirectory: nil).delete(id), .deleted)
        #expect(try await store.read { ledger in try ledger.bundles(of: id) }.isEmpty)
        #expect(try await !store.write { ledger in try ledger.add(Self.bundle(id, 2, 2)) })
    }
}
