internal import EventLoop

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
