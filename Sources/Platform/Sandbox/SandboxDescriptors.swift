internal import CSystem
internal import EventLoop
internal import Glibc
internal import Primitives

/// The descriptors that a plan's arguments stand for.
struct SandboxDescriptors: ~Copyable {
    /// For ``ProcessPlan/passed``.
    private(set) var passed: [Int32] = []
    private var control: Int32?

    init() {}

    deinit {
        for descriptor in self.passed { _ = Glibc.close(descriptor) }
        if let control = self.control { _ = Glibc.close(control) }
    }

    mutating func takeControl() -> FileDescriptor? {
        defer { self.control = nil }
        return self.control.map { FileDescriptor(owning: $0) }
    }

    /// Opens them, and returns the launcher's complete arguments.
    ///
    /// The numbers follow from their order: 3 is the status pipe, then come ``passed``.
    mutating func open(_ plan: SandboxPlan) throws(SystemError) -> [String] {
        // bwrap reads its options from a descriptor, so that nobody sees them in the list of processes.
        var options: [UInt8] = []
        for option in plan.options {
            options += try self.text(of: option).utf8
            options.append(0)
        }
        var command: [String] = []
        for argument in plan.command { command.append(try self.text(of: argument)) }
        let list = try self.pass(Self.file(options))
        let end = ["--keep", "\(4 + self.passed.count)", "--", plan.program, "--args", list, "--"]
        return ["launch"] + plan.preparations + end + command
    }

    private mutating func text(of argument: SandboxPlan.Argument) throws(SystemError) -> String {
        switch argument {
        case .text(let text): return text
        case .data(let bytes): return try self.pass(Self.file(bytes))
        case .status: return "3"
        case .control:
            var ends: [Int32] = [-1, -1]
            guard unsafe csystem_socketpair(&ends) == 0 else { throw .last("socketpair") }
            self.control = ends[0]
            return self.pass(ends[1])
        }
    }

    private mutating func pass(_ descriptor: Int32) -> String {
        self.passed.append(descriptor)
        return "\(3 + self.passed.count)"
    }

    /// A file in memory that is read from its beginning.
    private static func file(_ bytes: [UInt8]) throws(SystemError) -> Int32 {
        let file = unsafe csystem_memory_file("jail")
        guard file >= 0 else { throw .last("memfd_create") }
        let code = FileDescriptor.write(bytes, to: file)
        guard code == 0 else {
            _ = Glibc.close(file)
            throw SystemError("write to memory", code: code)
        }
        _ = lseek(file, 0, SEEK_SET)
        return file
    }
}
