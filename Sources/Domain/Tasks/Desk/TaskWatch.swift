internal import EventLoop
internal import Lifecycle
internal import Logging
internal import Primitives
internal import Repositories

/// Looks for commits that others have made, so that lists of tasks which nobody reads are up to date for whoever watches.
package final class TaskWatch: Service {
    package let name = "tasks"
    private let desk: TaskDesk
    private let isStopping = Protected(false)
    /// Repositories whose servers report that a branch has moved.
    private let pushed = Protected<Set<String>>([])

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
        var due = ContinuousClock.now
        while !self.isStopping.withLock({ $0 }) {
            let pushed = self.pushed.withLock { names in
                defer { names = [] }
                return names
            }
            let isDue = due <= .now
            if isDue { due = .now + (self.desk.hasServers ? Self.longPause : Self.longestPause) }
            // Before the look, which finds what has moved until then.
            let isWatched = await folders.watch(self.desk.folders, anew: isDue)
            let hasMoved = self.desk.hasMoved
            if isDue || !pushed.isEmpty || hasMoved { await self.desk.look(withServers: isDue, pushed: pushed) }
            // A host without work does nothing each second, so that what it would use need not be in memory.
            let pause = isWatched && !hasMoved ? due - .now : self.pause
            let alarm = Alarm(after: pause) { [wakeup = self.desk.wakeup] in wakeup.signal() }
            await self.desk.wakeup.wait()
            alarm.cancel()
        }
        try Task.checkCancellation()
    }

    /// A server reports a push, which must not wait for the next look.
    package func hurry(_ repository: String) {
        _ = self.pushed.withLock { $0.insert(repository) }
        self.desk.wakeup.signal()
    }

    package func stop() async {
        self.isStopping.withLock { $0 = true }
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

    /// Brings the index up to date where branches have moved. What cannot be read is reported to whoever asks for it.
    ///
    /// - Parameter patience: How long a repository's server may take, for which the others do not wait.
    func look(withServers: Bool, pushed: Set<String> = [], patience: Duration = .seconds(300)) async {
        await withDiscardingTaskGroup { group in
            for name in self.names {
                group.addTask {
                    _ = await withDeadline(patience) {
                        await self.look(at: name, withServers: withServers, isPushed: pushed.contains(name))
                    }
                }
            }
        }
    }

    private func look(at name: String, withServers: Bool, isPushed: Bool) async {
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
