internal import CSystem
internal import EventLoop
internal import Glibc
internal import Primitives

/// The pipes to a child process while it is being started. Ends that nobody takes are closed.
struct Channels: ~Copyable {
    /// The child's descriptors 0, 1, 2, 3, … by their numbers in this process.
    private(set) var childEnds: [Int32] = []
    private(set) var outputIndex: Int?
    private(set) var errorIndex: Int?
    private(set) var extraIndexes: [Int] = []
    private var toClose: [Int32] = []
    private var input: Int32?
    private var outputs: [Int32] = []

    init() {}

    deinit {
        for descriptor in self.toClose + self.outputs { _ = Glibc.close(descriptor) }
        if let input = self.input { _ = Glibc.close(input) }
    }

    mutating func open(_ plan: ProcessPlan) throws(SystemError) {
        let lowest = Int32(3 + plan.extraOutputs + plan.passed.count)
        switch plan.standardInput {
        case .null: self.childEnds.append(try self.null(lowest))
        case .pipe:
            let (read, write) = try self.pipe(childEnd: .reading, lowest: lowest)
            self.childEnds.append(read)
            self.input = write
        }
        switch plan.standardOutput {
        case .null: self.childEnds.append(try self.null(lowest))
        case .inherited: self.childEnds.append(STDERR_FILENO)
        case .pipe: self.outputIndex = try self.addOutput(lowest)
        }
        switch plan.standardError {
        case .null: self.childEnds.append(try self.null(lowest))
        case .inherited: self.childEnds.append(STDERR_FILENO)
        case .joined: self.childEnds.append(self.childEnds[1])
        case .pipe: self.errorIndex = try self.addOutput(lowest)
        }
        for _ in 0..<plan.extraOutputs { self.extraIndexes.append(try self.addOutput(lowest)) }
        for descriptor in plan.passed { self.childEnds.append(try self.copy(descriptor, lowest)) }
    }

    mutating func takeInput() -> FileDescriptor? {
        defer { self.input = nil }
        return self.input.map { FileDescriptor(owning: $0) }
    }

    mutating func takeOutputs() -> [Int32] {
        defer { self.outputs = [] }
        return self.outputs
    }

    private enum End { case reading, writing }

    private mutating func addOutput(_ lowest: Int32) throws(SystemError) -> Int {
        let (read, write) = try self.pipe(childEnd: .writing, lowest: lowest)
        self.childEnds.append(write)
        self.outputs.append(read)
        return self.outputs.count - 1
    }

    private mutating func null(_ lowest: Int32) throws(SystemError) -> Int32 {
        let descriptor = unsafe Glibc.open("/dev/null", O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw .last("open /dev/null") }
        return try self.raised(descriptor, lowest)
    }

    /// A copy, because dup2 of a descriptor to its own number would leave it close-on-exec.
    private mutating func copy(_ descriptor: Int32, _ lowest: Int32) throws(SystemError) -> Int32 {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, lowest)
        guard copy >= 0 else { throw .last("dup") }
        self.toClose.append(copy)
        return copy
    }

    /// A pipe whose end in this process is nonblocking.
    private mutating func pipe(childEnd: End, lowest: Int32) throws(SystemError) -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard unsafe csystem_pipe(&ends) == 0 else { throw .last("pipe") }
        let own = childEnd == .reading ? ends[1] : ends[0]
        _ = csystem_make_nonblocking(own)
        do {
            let child = try self.raised(childEnd == .reading ? ends[0] : ends[1], lowest)
            return childEnd == .reading ? (child, own) : (own, child)
        } catch {
            _ = Glibc.close(own)
            throw error
        }
    }

    /// Moves the descriptor above the child's numbers, so that no dup2 overwrites the source of another.
    private mutating func raised(_ descriptor: Int32, _ lowest: Int32) throws(SystemError) -> Int32 {
        guard descriptor < lowest else {
            self.toClose.append(descriptor)
            return descriptor
        }
        defer { _ = Glibc.close(descriptor) }
        let raised = fcntl(descriptor, F_DUPFD_CLOEXEC, lowest)
        guard raised >= 0 else { throw .last("dup") }
        self.toClose.append(raised)
        return raised
    }
}
