internal import EventLoop
internal import Lifecycle
internal import Logging
internal import Primitives
internal import Repositories

/// Looks for commits that others have made, so that lists of tasks which nobody reads are up to date for whoever watches.
package final class TaskWatch: Service {
    package let name = "tasks"
    private let desk: TaskDesk
    private let state = Protected(State())
    /// Given when no look is under way.
    private let looked = Signal()

    private struct State {
        var isStopping = false
        /// Repositories whose servers report that a branch has moved.
        var pushed: Set<String> = []
        /// Those that are being looked at.
        var looking: Set<String> = []
    }

    /// Between two looks at a branch whose changes the kernel does not report, which cost a few system calls.
    private let pause: Duration
    /// Between two looks at all in which servers are asked, or without servers at what is watched: a folder's path may have
    /// come to mean another one, which nothing reports.
    private static let (longPause, longestPause) = (Duration.seconds(60), Duration.seconds(3600))

    package init(desk: TaskDesk, pause: Duration = .seconds(1)) {
        self.desk = desk
        self.pause = pause
    }

    package func run() async throws {
        let folders = BranchFolders { [wakeup = self.desk.wakeup] in wakeup.signal() }
        await withDiscardingTaskGroup { group in
            var due = ContinuousClock.now
            while !self.state.withLock({ $0.isStopping }), !Task.isCancelled {
                let isDue = due <= .now
                if isDue { due = .now + (self.desk.hasServers ? Self.longPause : Self.longestPause) }
                if isDue || self.desk.hasMoved || self.state.withLock({ !$0.pushed.isEmpty }) {
                    self.looked.reset()
                    for name in self.desk.names {
                        group.addTask { await self.look(at: name, withServers: isDue) }
                    }
                    // Not for longer: a server may not answer.
                    await self.looked.wait(upTo: self.pause)
                }
                let isWatched = await folders.watch(self.desk.folders, anew: isDue)
                // A host without work does nothing each second, so that what it would use need not be in memory. What moved
                // between the look and the watch is looked at soon.
                let pause = isWatched && !self.desk.hasMoved ? due - .now : self.pause
                let alarm = Alarm(after: pause) { [wakeup = self.desk.wakeup] in wakeup.signal() }
                await self.desk.wakeup.wait()
                alarm.cancel()
            }
            group.cancelAll()
        }
        try Task.checkCancellation()
    }

    /// Looks at a repository unless an earlier look has not ended.
    private func look(at name: String, withServers: Bool) async {
        let isPushed: Bool? = self.state.withLock { state in
            guard state.looking.insert(name).inserted else { return nil }
            return state.pushed.remove(name) != nil
        }
        guard let isPushed else { return }
        await self.desk.look(at: name, withServers: withServers, isPushed: isPushed)
        let (isLast, isPushedAgain) = self.state.withLock { state in
            state.looking.remove(name)
            return (state.looking.isEmpty, state.pushed.contains(name))
        }
        if isLast { self.looked.signal() }
        if isPushedAgain { self.desk.wakeup.signal() }
    }

    /// A server reports a push, which must not wait for the next look.
    package func hurry(_ repository: String) {
        guard self.desk.names.contains(repository) else { return }
        _ = self.state.withLock { $0.pushed.insert(repository) }
        self.desk.wakeup.signal()
    }

    package func stop() async {
        self.state.withLock { $0.isStopping = true }
        self.looked.signal()
        self.desk.wakeup.signal()
    }
}

/// Reports changes in the folders in which Git records branches.
@Net
private final class BranchFolders {
    private let onChange: @Sendable () -> Void
    private var watchers: [String: FileWatcher] = [:]
    private var alarm: Alarm?

    /// One commit changes several files, and some programs make many commits at once.
    private static let delay = Duration.milliseconds(500)

    nonisolated init(onChange: @escaping @Sendable () -> Void) { self.onChange = onChange }

    /// Watches these folders and no others. Returns whether every change in them is reported.
    ///
    /// - Parameter anew: A path may lead to another folder than before, which nothing reports.
    func watch(_ folders: Set<String>?, anew: Bool) -> Bool {
        guard let folders else { return false }
        self.watchers = anew ? [:] : self.watchers.filter { folders.contains($0.key) }
        for folder in folders where self.watchers[folder] == nil && FileWatcher.isComplete(for: folder) {
            self.watchers[folder] = try? FileWatcher(folder: folder) { [weak self] change in
                if change == .ended { self?.watchers[folder] = nil }
                self?.changed()
            }
        }
        return self.watchers.count == folders.count
    }

    private func changed() {
        guard self.alarm == nil else { return }
        self.alarm = Alarm(after: Self.delay) { [weak self] in
            self?.alarm = nil
            self?.onChange()
        }
    }
}

extension TaskDesk {
    /// Whether a branch may be elsewhere than when it was read, or was never read here.
    nonisolated var hasMoved: Bool {
        self.names.contains { name in
            guard let repository = try? self.repositories.repository(name) else { return false }
            return self.known.withLock { $0[name] }.map { !repository.isUnmoved(since: $0) } ?? !repository.isMirror
        }
    }

    nonisolated var hasServers: Bool {
        self.names.contains { name in (try? self.repositories.repository(name))?.isMirror == true }
    }

    /// The folders in which it shows that branches have moved; nil if they do not show it of all.
    nonisolated var folders: Set<String>? {
        var folders: Set<String> = []
        for (name, known) in self.known.withLock({ $0 }) {
            guard let more = (try? self.repositories.repository(name))?.folders(of: known) else { return nil }
            folders.formUnion(more)
        }
        return folders
    }

    /// Brings the index up to date if a repository's branch has moved. What cannot be read is reported to whoever asks for
    /// it.
    ///
    /// - Parameter patience: How long the repository's server may take.
    func look(
        at name: String, withServers: Bool, isPushed: Bool = false, patience: Duration = .seconds(300)
    ) async {
        _ = await withDeadline(patience) {
            await self.lookNow(at: name, withServers: withServers, isPushed: isPushed)
        }
    }

    private func lookNow(at name: String, withServers: Bool, isPushed: Bool) async {
        guard let repository = try? self.repositories.repository(name) else { return }
        // A server is asked only about lists that somebody has looked at: it would be cloned for nobody otherwise.
        if repository.isMirror {
            // Whoever reads something has the mirror fetched behind their back.
            let hasMoved = self.known.withLock({ $0[name] }).map { !repository.isUnmoved(since: $0) } ?? false
            guard withServers || hasMoved || isPushed, await self.isFollowed(name) else { return }
            if isPushed { try? await repository.refresh(hasMoved: true) }
        }
        _ = try? await self.refresh(name)
    }
}
