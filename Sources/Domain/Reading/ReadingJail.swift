internal import EventLoop
internal import Files
internal import Jail
internal import Logging
internal import Primitives

/// Opens people's files in jails: one file in each, without a network, and with nothing that can be written but a little
/// memory.
struct ReadingJail: Sendable {
    /// What a conversion gave.
    struct Output: Sendable, Equatable {
        let bytes: [UInt8]
        /// Whether it was ended for the length of its output.
        let isCut: Bool
    }

    /// Why no file can be converted on this host: a clause.
    struct Unavailable: Error {
        let reason: String
    }

    /// Where the file is, as the jail sees it.
    static let inside = JailPlan.workspace
    static let seconds = 20
    static let limits = JailLimits(
        memory: 512 << 20, processes: 32, fileSize: 64 << 20, openFiles: 256, processorSeconds: Self.seconds,
        processors: 1)
    /// Conversions at once.
    static let places = 2

    let folders: ReadingFolders
    let means: @Sendable () async -> JailMeans
    private let slots = Slots(Self.places)

    init(directory: String, means: @escaping @Sendable () async -> JailMeans) {
        self.folders = ReadingFolders(directory)
        self.means = means
    }

    /// Throws ``Unavailable``, ``FileFailure`` if the file is at fault, or `CancellationError`.
    func run(_ program: ReadingProgram, on bytes: [UInt8], _ settings: ReadingSettings) async throws -> Output {
        let means = await self.means()
        guard let programs = means.programs, case .ready = means.status else {
            throw Unavailable(reason: ReadingTexts.noJail)
        }
        let missing = program.missing
        guard missing.isEmpty else { throw Unavailable(reason: ReadingTexts.missing(missing)) }
        let setup = JailSetup(
            programs: programs, limits: Self.limits, limiter: means.limiter, seccomp: means.filters,
            logger: Logger(label: "reading"))
        try await self.slots.take()
        do {
            let output = try await self.run(program, on: bytes, settings, setup, means.identities)
            await self.slots.give()
            return output
        } catch {
            await self.slots.give()
            throw error
        }
    }

    private func run(
        _ program: ReadingProgram, on bytes: [UInt8], _ settings: ReadingSettings, _ setup: JailSetup,
        _ identities: JailIdentities?
    ) async throws -> Output {
        let folder: String
        do {
            folder = try await self.folders.make([("file", bytes), (program.script, Self.text(of: program.script))])
        } catch {
            throw FileFailure(reason: ReadingTexts.notOpened("\(error)"))
        }
        do {
            let output = try await self.run(program, in: folder, settings, setup, identities)
            await self.folders.remove(folder)
            return output
        } catch {
            await self.folders.remove(folder)
            throw error
        }
    }

    private func run(
        _ program: ReadingProgram, in folder: String, _ settings: ReadingSettings, _ setup: JailSetup,
        _ identities: JailIdentities?
    ) async throws -> Output {
        let command = ShellCommand(
            text: program.command(settings), place: .fresh, timeout: .seconds(Self.seconds),
            outputLimit: program.outputLimit)
        let output = Protected<[UInt8]>([])
        let exit: ShellExit
        do throws(JailFailure) {
            let identity = try identities?.take()
            defer { if let identity { identities?.release(identity) } }
            let place = JailPlace(mount: WorkspaceMount(folder: folder, isWritable: false), identity: identity)
            let shell = JailShell(session: "reading", setup: setup) { () throws(JailFailure) in place }
            let result: Result<ShellExit, JailFailure>
            do throws(JailFailure) {
                result = .success(
                    try await shell.run(command) { piece in
                        guard piece.stream == .standardOutput else { return }
                        output.withLock { $0 += piece.bytes }
                    })
            } catch {
                result = .failure(error)
            }
            await shell.end()
            exit = try result.get()
        } catch {
            throw FileFailure(reason: ReadingTexts.notOpened(error.message))
        }
        return try Self.output(output.withLock { $0 }, exit.status, isText: program != .picture)
    }

    /// What a conversion gave, by its end. Pure.
    static func output(_ bytes: [UInt8], _ status: ShellExit.Status, isText: Bool) throws -> Output {
        switch status {
        case .exited(0): return Output(bytes: bytes, isCut: false)
        case .outputLimit where isText: return Output(bytes: bytes, isCut: true)
        case .stopped: throw CancellationError()
        case .timedOut, .signalled(24): throw FileFailure(reason: ReadingTexts.tooSlow)
        case .limit, .signalled(9), .exited(137): throw FileFailure(reason: ReadingTexts.tooMuchMemory)
        case .outputLimit, .disk: throw FileFailure(reason: ReadingTexts.tooMuch)
        case .lost(let reason): throw FileFailure(reason: ReadingTexts.notOpened(reason))
        case .exited(let code): throw FileFailure(reason: Self.reason(code))
        case .signalled, .shellEnded: throw FileFailure(reason: ReadingTexts.damaged)
        }
    }

    private static func reason(_ code: Int) -> String {
        switch ReadingProgram.Status(rawValue: code) {
        case .locked: ReadingTexts.locked
        case .tooLarge: ReadingTexts.tooManyPixels
        case .foreign: ReadingTexts.archive
        // The scripts' own programs end so when they get no more memory.
        case nil where code == 1: ReadingTexts.tooMuchMemory
        case .damaged, nil: ReadingTexts.damaged
        }
    }

    private static func text(of script: String) -> [UInt8] {
        Array((ReadingFiles.files.first { $0.name == script }?.text ?? "").utf8)
    }
}
