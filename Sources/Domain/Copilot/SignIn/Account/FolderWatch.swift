internal import EventLoop
internal import Lifecycle
internal import Primitives

/// Watches a folder, or its nearest existing parent until it exists.
@Net
final class FolderWatch {
    private let path: String
    private let onChange: @Sendable () -> Void
    private var watcher: FileWatcher?
    private var watched = ""
    private var isCancelled = false

    nonisolated init(_ path: String, onChange: @escaping @Sendable () -> Void) {
        self.path = path
        self.onChange = onChange
    }

    func start() {
        guard !self.isCancelled else { return }
        // A folder made between the failed try and its parent's watch is reported by neither, so look again; but not
        // for ever, because a folder that may not be read fails each time.
        for _ in 0..<3 {
            self.watchNearest()
            guard self.watcher != nil, self.watched != self.path else { return }
            guard PrivateFile.isFolder("\(self.watched)/\(self.step(from: self.watched))") else { return }
        }
    }

    private func watchNearest() {
        self.watcher?.cancel()
        self.watcher = nil
        var folder = self.path
        while !folder.isEmpty {
            // Weak: the watch must not keep itself alive.
            if let watcher = try? FileWatcher(folder: folder, handler: { [weak self] in self?.handle($0) }) {
                self.watcher = watcher
                self.watched = folder
                return
            }
            folder = folder.lastIndex(of: "/").map { String(folder[..<$0]) } ?? ""
        }
    }

    /// The name in `folder` that leads to the watched one.
    private func step(from folder: String) -> String {
        String(self.path.dropFirst(folder.count + 1).prefix { $0 != "/" })
    }

    func cancel() {
        self.isCancelled = true
        self.watcher?.cancel()
        self.watcher = nil
    }

    private func handle(_ change: FileWatcher.Change) {
        guard self.watched == self.path else {
            // A parent folder: only a step towards the watched folder matters.
            let before = self.watched
            if case .names(let names) = change, !names.contains(self.step(from: before)) { return }
            self.start()
            if self.watched != before { self.onChange() }
            return
        }
        switch change {
        case .names(let names):
            // Drafts will be renamed, which is another change.
            if names.contains(where: { !$0.hasSuffix(".new") }) { self.onChange() }
        case .unknown:
            self.onChange()
        case .ended:
            self.start()
            self.onChange()
        }
    }
}

/// The folder watches of an account, from the first use until they are cancelled or dropped.
final class AccountWatches: Sendable {
    private let box: Box

    init(_ folders: [String], changes: ChangeSignal) {
        self.box = Box(folders.map { FolderWatch($0) { changes.notify() } })
    }

    deinit {
        let box = self.box
        EventLoop.shared.execute { box.cancel() }
    }

    func start() async { await self.box.start() }

    func cancel() async { await self.box.cancel() }

    @Net private final class Box {
        private var watches: [FolderWatch]
        private var isStarted = false

        nonisolated init(_ watches: [FolderWatch]) { self.watches = watches }

        func start() {
            guard !self.isStarted else { return }
            self.isStarted = true
            for watch in self.watches { watch.start() }
        }

        func cancel() {
            for watch in self.watches { watch.cancel() }
            self.watches = []
        }
    }
}

/// Wakes tasks that wait for an outside change. A waiter passes the count at its last look, so that it misses no
/// change between looking and waiting.
final class ChangeSignal: Sendable {
    private struct State {
        var count = 0
        var nextID = 0
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Protected(State())

    /// The number of changes so far.
    var count: Int { self.state.withLock { $0.count } }

    func notify() {
        let waiters = self.state.withLock { state in
            state.count += 1
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns after the first change after `seen`, at the latest after `limit`; throws `CancellationError`.
    func wait(after seen: Int, upTo limit: Duration, on clock: AccountClock) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(name: "change") { await self.changed(after: seen) }
            group.addTask(name: "limit") { try await clock.sleep(for: limit) }
            defer { group.cancelAll() }
            try await group.next()
        }
        try Task.checkCancellation()
    }

    /// Returns at once when the task is cancelled.
    private func changed(after seen: Int) async {
        let id = self.state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = self.state.withLock { state in
                    if state.count != seen || Task.isCancelled { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            self.state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
    }
}
