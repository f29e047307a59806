internal import EventLoop
internal import Glibc
internal import Host
internal import JSON
internal import Lifecycle
internal import Processes

/// Asks programs for their manifests, and remembers each until the program's file changes.
struct ProgramManifests: Sendable {
    /// Of the person's; nil for nowhere.
    private let cache: String?
    /// Without a token.
    private let environment: [String: String]

    private static let patience = Duration.seconds(2)
    /// Of the programs that are remembered.
    private static let most = 200

    init(_ surroundings: Surroundings) {
        var environment = surroundings.environment
        environment[ProgramCall.token] = nil
        self.environment = environment
        let folder = surroundings.variable("XDG_CACHE_HOME").flatMap { $0.hasPrefix("/") ? $0 : nil }
        self.cache =
            (folder ?? surroundings.variable("HOME").map { "\($0)/.cache" }).map { "\($0)/jetbridge/programs.json" }
    }

    /// The manifest of each program; nil for one that has none. The programs are asked at the same time.
    func manifests(of programs: [ExternalProgram]) async -> [ProgramManifest?] {
        var known = self.read()
        let stamps = programs.map { Self.stamp(of: $0.path) }
        var manifests = [ProgramManifest?](repeating: nil, count: programs.count)
        var unknown: [Int] = []
        for (index, program) in programs.enumerated() {
            if let entry = known[program.path], entry["stamp"]?.stringValue == stamps[index] {
                manifests[index] = entry["manifest"].flatMap { ProgramManifest($0) }
            } else {
                unknown.append(index)
            }
        }
        guard !unknown.isEmpty else { return manifests }
        await withTaskGroup(of: (Int, [UInt8]?).self) { group in
            for index in unknown {
                group.addTask(name: "manifest") { (index, await self.ask(programs[index].path)) }
            }
            for await (index, output) in group {
                manifests[index] = output.flatMap { ProgramManifest($0) }
                // One that could not be asked, or took too long, is asked again.
                guard output != nil, let stamp = stamps[index] else { continue }
                known[programs[index].path] = ["stamp": .string(stamp), "manifest": manifests[index]?.json ?? .null]
            }
        }
        self.write(known)
        return manifests
    }

    /// What a program prints; nil if it cannot run or does not end in time. Of one that fails, nothing.
    @Net
    private func ask(_ path: String) async -> [UInt8]? {
        var plan = ProcessPlan(path, ["--jetbridge-manifest"], environment: self.environment)
        plan.standardError = .null
        guard let process = try? Process.spawn(plan) else { return nil }
        var isLate = false
        let deadline = EventLoop.shared.schedule(after: Self.patience) {
            isLate = true
            process.signal(SIGKILL)
        }
        defer { deadline.cancel() }
        var output: [UInt8] = []
        do {
            while let bytes = try await process.output.read() {
                // One byte more than it may be.
                output += bytes.prefix(ProgramManifest.limit + 1 - output.count)
            }
            let status = try await process.exit()
            return isLate ? nil : status.isSuccess ? output : []
        } catch {
            process.signal(SIGKILL)
            return nil
        }
    }

    /// Changes with the file.
    private static func stamp(of path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return "\(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
    }

    // MARK: The cache

    private func read() -> [String: JSON] {
        guard let cache = self.cache, let contents = PrivateFile.read(cache, limit: 4 << 20), !contents.isOpenToOthers,
            let entries = (try? JSON.parse(contents.bytes))?.objectValue
        else { return [:] }
        return Dictionary(entries.map { ($0.key, $0.value) }, uniquingKeysWith: { one, _ in one })
    }

    /// Without it, programs are asked again.
    private func write(_ entries: [String: JSON]) {
        guard let cache = self.cache, let folder = cache.lastIndex(of: "/").map({ String(cache[..<$0]) }) else {
            return
        }
        let kept = entries.filter { Self.stamp(of: $0.key) != nil }.sorted { $0.key < $1.key }.prefix(Self.most)
        let object = JSON.object(JSONObject(members: kept.map { ($0.key, $0.value) }))
        try? PrivateFile.makeFolder(folder)
        try? PrivateFile.write(object.bytes, to: cache, isFlushed: false)
    }
}

extension CommandTable {
    /// With the programs on the path, which are asked for what they are.
    func withPrograms(_ surroundings: Surroundings) async -> CommandTable {
        let programs = ExternalProgram.all(on: surroundings.variable("PATH"), besides: self.words(after: []))
        let manifests = await ProgramManifests(surroundings).manifests(of: programs)
        var table = self
        table.programs = zip(programs, manifests).map { program, manifest in
            ListedProgram(program: program, manifest: manifest)
        }
        return table
    }
}

/// A program in the help and in completions.
struct ListedProgram: Sendable {
    let program: ExternalProgram
    let manifest: ProgramManifest?

    var summary: String { self.manifest?.summary ?? "Run \(self.program.path)" }
}
