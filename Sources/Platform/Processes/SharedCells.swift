internal import CSystem
package import EventLoop
internal import Glibc
internal import Synchronization

/// Numbers in memory that several processes share, such as a program and its workers. Any of them may change a number
/// at any time, or die between two changes: no operation waits for another process.
///
/// `@unchecked`: the memory is only accessed by atomic operations.
@safe
package final class SharedCells: @unchecked Sendable {
    /// For ``ProcessPlan/passed``; another process adopts it.
    package let descriptor: Int32
    package let count: Int
    private let cells: UnsafeMutablePointer<Atomic<UInt64>>

    /// New cells, all zero.
    package convenience init(count: Int) throws(SystemError) {
        let descriptor = unsafe csystem_memory_file("cells")
        guard descriptor >= 0 else { throw .last("memfd_create") }
        guard ftruncate(descriptor, count * MemoryLayout<UInt64>.stride) == 0 else {
            let error = SystemError.last("ftruncate")
            close(descriptor)
            throw error
        }
        try self.init(adopting: descriptor, count: count)
    }

    /// Adopts another process's cells, of which there must be `count`. Takes over the descriptor.
    package init(adopting descriptor: Int32, count: Int) throws(SystemError) {
        let size = count * MemoryLayout<UInt64>.stride
        var status = stat()
        let isRight = unsafe fstat(descriptor, &status) == 0 && status.st_size >= size
        let memory =
            isRight ? unsafe mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0) : unsafe MAP_FAILED
        guard let memory = unsafe memory, unsafe memory != MAP_FAILED else {
            let error = isRight ? SystemError.last("mmap") : SystemError("fstat of shared memory", code: EINVAL)
            close(descriptor)
            throw error
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        self.descriptor = descriptor
        self.count = count
        unsafe self.cells = memory.bindMemory(to: Atomic<UInt64>.self, capacity: count)
    }

    deinit {
        unsafe munmap(self.cells, self.count * MemoryLayout<UInt64>.stride)
        close(self.descriptor)
    }

    package subscript(index: Int) -> UInt64 {
        precondition(index >= 0 && index < self.count)
        return unsafe self.cells[index].load(ordering: .acquiring)
    }

    package func store(_ value: UInt64, at index: Int) {
        precondition(index >= 0 && index < self.count)
        unsafe self.cells[index].store(value, ordering: .releasing)
    }

    package func add(_ amount: UInt64, at index: Int) {
        precondition(index >= 0 && index < self.count)
        _ = unsafe self.cells[index].wrappingAdd(amount, ordering: .relaxed)
    }

    /// Replaces a number if it is still `expected`; otherwise returns false.
    package func exchange(_ expected: UInt64, for value: UInt64, at index: Int) -> Bool {
        precondition(index >= 0 && index < self.count)
        return unsafe self.cells[index].compareExchange(
            expected: expected, desired: value, ordering: .acquiringAndReleasing
        ).exchanged
    }
}
