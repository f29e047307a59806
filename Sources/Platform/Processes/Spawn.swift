internal import CSystem
internal import EventLoop
internal import Glibc
internal import Primitives

/// A call of posix_spawn(3) with a new process group, default signals, an empty mask, and only the given descriptors.
struct Spawn {
    private let plan: ProcessPlan
    /// Become the child's descriptors 0, 1, 2, 3, …; nil for a child in this process's place, with its descriptors and group.
    private let descriptors: [Int32]?

    init(_ plan: ProcessPlan, descriptors: [Int32]?) {
        self.plan = plan
        self.descriptors = descriptors
    }

    func callAsFunction() throws(ProcessError) -> pid_t {
        try self.checkTexts()
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }

        if let descriptors = self.descriptors {
            for (number, descriptor) in descriptors.enumerated() {
                unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
            }
            unsafe posix_spawn_file_actions_addclosefrom_np(&actions, Int32(descriptors.count))
        }
        if let directory = self.plan.directory {
            unsafe posix_spawn_file_actions_addchdir_np(&actions, directory)
        }
        self.setSignalsAndGroup(&attributes)

        var process: pid_t = 0
        let variables = self.plan.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let arguments = [self.plan.executable] + self.plan.arguments
        let status = unsafe withCStrings(arguments.map { Array($0.utf8) }) { arguments in
            unsafe withCStrings(variables.map { Array($0.utf8) }) { environment in
                unsafe posix_spawn(&process, self.plan.executable, &actions, &attributes, arguments, environment)
            }
        }
        guard status == 0 else { throw self.error(status) }
        return process
    }

    private func setSignalsAndGroup(_ attributes: inout posix_spawnattr_t) {
        // An ignored signal (SIGPIPE here) would stay ignored in the child. What nohup(1) ignores is meant for one in this
        // process's place.
        var defaults = sigset_t()
        if self.descriptors == nil {
            unsafe sigemptyset(&defaults)
            unsafe sigaddset(&defaults, SIGPIPE)
        } else {
            unsafe sigfillset(&defaults)
        }
        unsafe posix_spawnattr_setsigdefault(&attributes, &defaults)
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        var flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
        if self.descriptors != nil {
            unsafe posix_spawnattr_setpgroup(&attributes, 0)
            flags |= POSIX_SPAWN_SETPGROUP
        }
        unsafe posix_spawnattr_setflags(&attributes, Int16(flags))
    }

    private func checkTexts() throws(ProcessError) {
        let texts = [self.plan.executable, self.plan.directory ?? ""] + self.plan.arguments
        let pairs = self.plan.environment
        guard !texts.contains(where: { $0.utf8.contains(0) }),
            !pairs.contains(where: { $0.key.isEmpty || $0.key.utf8.contains(0) || $0.value.utf8.contains(0) })
        else {
            throw ProcessError(.badArgument, "\(self.plan.executable): an argument or variable contains a NUL")
        }
        guard !pairs.keys.contains(where: { $0.utf8.contains(UInt8(ascii: "=")) }) else {
            throw ProcessError(.badArgument, "\(self.plan.executable): a variable's name contains an equals sign")
        }
        guard self.plan.executable.utf8.contains(UInt8(ascii: "/")) else {
            throw ProcessError(.notFound, "\(self.plan.executable): give the program's path, or look it up first")
        }
    }

    private func error(_ status: Int32) -> ProcessError {
        let name = self.plan.executable
        let reason = SystemError(name, code: status).message
        // A failed chdir and a failed exec in the child report the same error numbers.
        if let directory = self.plan.directory, unsafe access(directory, X_OK) != 0 {
            return ProcessError(.badDirectory, SystemError("directory \(directory) of \(name)", code: errno).message)
        }
        return switch status {
        case ENOENT, ENOTDIR: ProcessError(.notFound, reason)
        case EACCES, EPERM, ENOEXEC, EISDIR, ELIBBAD: ProcessError(.notExecutable, reason)
        default: ProcessError(.spawnFailed, reason)
        }
    }
}
