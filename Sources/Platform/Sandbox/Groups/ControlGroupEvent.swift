internal import CSystem
package import EventLoop
internal import Glibc
internal import Primitives

/// Something that happens once in a control group, such as the end of its memory.
@Net
package final class ControlGroupEvent {
    private let descriptor: Int32
    private let check: @Net () -> Bool
    private var registration: Registration?
    private var hasHappened = false
    private let changed = WaitList()

    /// Of version 1: the group ran out of memory (memory.oom_control of the kernel's memcg documentation).
    package static func outOfMemory(_ group: ControlGroupFolder) throws(SystemError) -> ControlGroupEvent {
        let number = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        guard number >= 0 else { throw .last("eventfd") }
        let counter = FileDescriptor(owning: number)
        let path = group.file("memory.oom_control")
        let control = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard control >= 0 else { throw .last("open \(path)") }
        defer { close(control) }
        try group.write("\(counter.rawValue) \(control)", to: "cgroup.event_control")
        // The counter also changes when the group is removed.
        return try ControlGroupEvent(counter.release(), .readable) { group.has("memory.oom_control") }
    }

    /// Of version 2: `check` holds for the text of an event file (`memory.events`, `cgroup.events`).
    package static func of(
        _ name: String, in group: ControlGroupFolder, check: @escaping @Sendable (String) -> Bool
    ) throws(SystemError) -> ControlGroupEvent {
        let path = group.file(name)
        let number = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { throw .last("open \(path)") }
        // A change is reported as an error until the file is read again, so there is nothing else to wait for.
        return try ControlGroupEvent(number, []) {
            var buffer = [UInt8](repeating: 0, count: 4_096)
            let count = unsafe pread(number, &buffer, buffer.count, 0)
            return count > 0 && check(String(decoding: buffer[..<count], as: UTF8.self))
        }
    }

    private init(_ descriptor: Int32, _ interest: EpollEvents, check: @escaping @Net () -> Bool) throws(SystemError) {
        self.descriptor = descriptor
        self.check = check
        do throws(SystemError) {
            self.registration = try EventLoop.shared.watch(descriptor, interest) { [weak self] _ in self?.examine() }
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    isolated deinit { self.cancel() }

    /// Returns when it has happened; at once if it had before. Throws `CancellationError` when the task is cancelled.
    package func wait() async throws {
        while !self.hasHappened { try await self.changed.wait() }
    }

    /// Stops watching; those that wait keep waiting until they are cancelled.
    package func cancel() {
        guard let registration = self.registration.take() else { return }
        registration.cancel()
        Glibc.close(self.descriptor)
    }

    private func examine() {
        guard !self.hasHappened, self.registration != nil else { return }
        if self.check() {
            self.hasHappened = true
            self.cancel()
            self.changed.wakeAll()
        } else {
            // A counter stays readable until it is read.
            var count: UInt64 = 0
            _ = unsafe Glibc.read(self.descriptor, &count, 8)
        }
    }
}
