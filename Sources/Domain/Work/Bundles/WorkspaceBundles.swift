internal import Crypto
internal import Git
internal import JSON
internal import Lifecycle
package import Logging
package import Objects
internal import Primitives
package import Store

/// Keeps the snapshots of workspaces in the object store, so that another host can rebuild a workspace.
///
/// A snapshot is stored soon after it was made, without anybody waiting for it; what could not be stored is stored with
/// the next one.
package final class WorkspaceBundles: Service {
    package let name = "workspace bundles"
    let objects: any ObjectStore
    /// Has a row of each bundle, where every host finds it.
    private let rows: SessionStore
    let logger: Logger
    private let now: @Sendable () -> Int64
    /// Of workspaces whose snapshots are being stored.
    private let storing = RepeatedWork()
    private let stopping = Signal()

    /// So many bundles are read at most to rebuild a workspace: then the next one is full.
    static let cycle = 32
    /// Snapshots in a full bundle, which `undo` can go back to.
    private static let snapshots = 32

    /// - Parameter now: Milliseconds since 1970.
    package init(
        _ objects: any ObjectStore, rows: SessionStore, now: @escaping @Sendable () -> Int64, logger: Logger
    ) {
        self.objects = objects
        self.rows = rows
        self.now = now
        self.logger = logger
    }

    package func run() async throws {
        await self.stopping.wait()
        try Task.checkCancellation()
    }

    /// Waits for what is being stored.
    package func stop() async {
        await self.flush()
        self.stopping.signal()
    }

    /// Waits until every snapshot that was made so far is stored, or cannot be.
    package func flush() async {
        await self.storing.flush()
    }

    /// A session's bundles and beginnings of epochs, in the order of epochs and numbers.
    func known(of session: String) async throws -> [WorkspaceBundle] {
        try await self.rows.read { ledger in try ledger.bundles(of: session) }
    }

    /// Begins a session's next epoch, and returns it.
    ///
    /// - Parameters:
    ///   - isFull: Whether the workspace has nothing of the epochs before.
    ///   - repository: The configured name of its repository.
    func beginEpoch(of session: String, isFull: Bool, repository: String?) async throws -> Int {
        let now = self.now()
        return try await self.rows.write { ledger in
            try ledger.beginBundleEpoch(of: session, isFull: isFull, repository: repository, at: now)
        }
    }

    /// Stores a workspace's new snapshots; returns at once.
    func store(_ workspace: Workspace) {
        self.storing.begin(workspace.session) {
            do {
                try await self.storeNew(workspace)
            } catch {
                self.logger.warning(
                    "a workspace's snapshots are only on this host, until the next one is stored",
                    ["session": .string(workspace.session), "error": .string("\(error)")])
            }
        }
    }

    private func storeNew(_ workspace: Workspace) async throws {
        guard let epoch = workspace.epoch else { return }
        let known = try await self.known(of: workspace.session)
        guard known.last.map({ $0.epoch <= epoch }) ?? true else { return }
        let own = known.filter { $0.epoch == epoch && $0.number > 0 }
        let since = own.reversed().prefix { !$0.isFull }
        let limit = workspace.settings.snapshotBytes
        let isDue = since.count >= Self.cycle - 1 || Self.size(of: since) > limit
        guard
            let made = try await workspace.bundle(since: isDue ? nil : own.last, last: own.last, limit: Self.snapshots)
        else { return }
        var number = (own.last?.number ?? 0) + 1
        var key = Self.key(workspace.session, epoch, number)
        // One of this name is what was stored just before a crash, and may have less.
        while try await !self.objects.put(made.content, at: key, ifAbsent: true) {
            number += 1
            key = Self.key(workspace.session, epoch, number)
        }
        let bundle = WorkspaceBundle(
            session: workspace.session, epoch: epoch, number: number, key: key, size: made.content.size,
            digest: hex(made.content.digest), isFull: made.isFull, repository: workspace.repositoryName,
            snapshot: made.snapshot, commit: made.commit.hex, at: self.now())
        let isAdded = try await self.rows.write { ledger in try ledger.add(bundle) }
        guard isAdded else { return try await self.objects.delete(key) }
        if bundle.isFull { try await self.prune(known + [bundle], limit) }
    }

    private static func key(_ session: String, _ epoch: Int, _ number: Int) -> String {
        "workspaces/\(session)/\(epoch)-\(number).bundle"
    }

    /// Deletes what is older than the full bundle before the last one, or than the beginning of a workspace that has
    /// nothing of those before.
    ///
    /// - Parameter limit: If those from the one before the last on have more bytes, they go too.
    private func prune(_ bundles: [WorkspaceBundle], _ limit: Int) async throws {
        var full = bundles.indices.filter { bundles[$0].isFull && bundles[$0].number > 0 }
        let last = full.popLast()
        let first = bundles.lastIndex { $0.isFull && $0.number == 0 }
        guard var end = [full.last, first].compactMap({ $0 }).max() else { return }
        if let last, last > end, Self.size(of: bundles[end..<last]) > limit { end = last }
        try await self.delete(Array(bundles[..<end]))
    }

    private static func size(of bundles: some Sequence<WorkspaceBundle>) -> Int {
        bundles.reduce(0) { $0 + $1.size }
    }

    /// Forgets bundles, then deletes them: what a crash leaves in between is found by nobody, and goes with the session.
    func delete(_ bundles: [WorkspaceBundle]) async throws {
        guard !bundles.isEmpty else { return }
        try await self.rows.write { ledger in try ledger.remove(bundles) }
        for bundle in bundles where bundle.number > 0 { try await self.objects.delete(bundle.key) }
    }

    /// Forgets the bundles of a workspace that was removed with nothing unsaved, unless another host has a newer one.
    func forget(_ session: String, _ epoch: Int) async throws {
        let bundles = try await self.known(of: session)
        guard bundles.last.map({ $0.epoch <= epoch }) ?? false else { return }
        try await self.delete(bundles)
    }
}
