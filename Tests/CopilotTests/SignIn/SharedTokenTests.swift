import Copilot
import EventLoop
import HTTP
import Lifecycle
import Models
import Primitives
import Processes
import TestSupport
import Testing

/// Several processes on one data directory. Each account represents a process: it has its own lock handle and memory,
/// and shares only the folder.
@Suite("Copilot account: several processes", .timeLimit(.minutes(1)))
struct SharedTokenTests {
    @Test("ten processes make one exchange per period for five minutes, and leave no lock")
    func tenProcesses() async throws {
        let accounts = try Accounts()
        let time = AccountTime()
        let github = time.github(tokenLife: 30)
        github.addAccount(Accounts.signIn)
        let all = try (0..<10).map { _ in try accounts.account(github, time.account) }
        let services = all.map { account in Task { try await account.run() } }
        try await time.moving {
            for _ in 0..<300 {
                // All accounts are idle and wait.
                await time.clock.sleepers(10)
                for account in all {
                    let token = try await account.token()
                    #expect(github.isLive(token: token.value.reveal()))
                    await account.settled()
                }
                time.clock.advance(by: .seconds(1))
            }
            await time.clock.sleepers(10)
        }
        // At 0, and whenever 22.5 of the 30 seconds have passed; the ticks are whole seconds.
        expectEqual(github.count(.copilotToken), 1 + Int(time.clock.now.offset / .seconds(1)) / 23)
        for account in all { await account.stop() }
        for service in services { try await service.value }
        #expect(PrivateFile.Stamp(of: accounts.lockPath).isAbsent)
        expectEqual(PrivateFile.read(accounts.tokenPath)?.isOpenToOthers, false)
    }

    @Test("another process's token is taken over at once")
    func fileChange() async throws {
        let accounts = try Accounts()
        let time = AccountTime()
        let github = time.github(tokenLife: 1_800)
        github.addAccount(Accounts.signIn)
        let idle = try accounts.account(github, time.account)
        let first = try await idle.token()
        let other = try accounts.account(github, time.account)
        try await expectEqual(other.token(), first)
        // It made no exchange itself, but knows the sign-in behind the token.
        try await expectEqual(other.gitHubToken(), Secret(Accounts.signIn))
        await other.reject(first)
        let second = try await other.token()
        try await expectEqual(idle.token(), second)
        expectEqual(github.count(.copilotToken), 2)
    }

    @Test("a process that waits for another's exchange uses its result at once")
    func waitsForOther() async throws {
        let accounts = try Accounts()
        let time = AccountTime()
        let github = time.github(tokenLife: 1_800)
        github.addAccount(Accounts.signIn)
        github.inject(.answer(status: 500, body: ""), at: .copilotToken)
        let busy = try accounts.account(github, time.account)
        let waiting = try accounts.account(github, time.account)
        async let first = busy.token()
        await time.clock.sleepers(1)
        async let second = waiting.token()
        await time.clock.sleepers(2)
        // The busy process pauses for half a second; the waiting one would look again only after a whole second.
        time.clock.advance(by: .milliseconds(600))
        let tokens = try await (first, second)
        expectEqual(tokens.0, tokens.1)
        expectEqual(github.exchanges.count, 1)
    }

    @Test("token files that others can read are tightened and logged")
    func openFiles() async throws {
        let accounts = try Accounts()
        let time = AccountTime()
        let github = time.github(tokenLife: 1_800)
        github.addAccount(Accounts.signIn)
        _ = try await accounts.account(github, time.account).token()
        let login = "\(accounts.folder)/login.json"
        try PrivateFile.write(Array("{}".utf8), to: login)
        #expect(setMode(accounts.tokenPath, 0o644) && setMode(login, 0o640))
        _ = try await accounts.account(github, time.account).token()
        expectEqual(PrivateFile.read(accounts.tokenPath)?.isOpenToOthers, false)
        expectEqual(PrivateFile.read(login)?.isOpenToOthers, false)
        let log = accounts.log.withLock { $0 }
        #expect(log.contains(accounts.tokenPath) && log.contains(login) && log.contains("0600"))
        expectEqual(github.count(.copilotToken), 1)
    }

    @Test("a logout by another process is noticed")
    func logout() async throws {
        let accounts = try Accounts()
        let time = AccountTime()
        let github = time.github(tokenLife: 1_800)
        github.addAccount(Accounts.signIn)
        let account = try accounts.account(github, time.account)
        _ = try await account.token()
        try PrivateFile.write([], to: "\(accounts.editorFolder)/apps.json")
        _ = try await LoginStore.forget(try accounts.settings())
        await #expect(throws: ModelError.self) { try await account.token() }
    }

    @Test("a token for another sign-in is not used")
    func otherSignIn() async throws {
        let accounts = try Accounts()
        let time = AccountTime()
        let github = time.github(tokenLife: 1_800)
        github.addAccount(Accounts.signIn)
        _ = try await accounts.account(github, time.account).token()
        let other = "ghu_OTHER000000000000000000000000000000x"
        github.addAccount(other)
        try accounts.plant(other)
        _ = try await accounts.account(github, time.account).token()
        expectEqual(github.exchanges.map(\.signIn), [Accounts.signIn, other])
    }

    @Test("a token for the GitHub CLI's sign-in is shared while the stronger sign-ins stay the same")
    func commandLine() async throws {
        let accounts = try Accounts()
        let fromGH = "gho_FROMGH00000000000000000000000000000x"
        let gh = "\(accounts.home.path)/gh"
        try PrivateFile.write(Array("#!/bin/sh\necho \(fromGH)\n".utf8), to: gh)
        #expect(setMode(gh, 0o755))
        let environment = ["PATH": "\(accounts.home.path):/usr/bin:/bin"]
        let time = AccountTime()
        let github = time.github(tokenLife: 1_800)
        github.addAccount(fromGH)
        // The editor's sign-in is refused, the next one works, and the other process tries none.
        let first = try await accounts.account(github, time.account, environment: environment).token()
        let other = try accounts.account(github, time.account, environment: environment)
        try await expectEqual(other.token(), first)
        try await expectEqual(other.gitHubToken(), Secret(fromGH))
        expectEqual(github.count(.copilotToken), 2)
        let mended = "ghu_MENDED00000000000000000000000000000x"
        github.addAccount(mended)
        try accounts.plant(mended)
        _ = try await accounts.account(github, time.account, environment: environment).token()
        expectEqual(github.exchanges.map(\.signIn), [fromGH, mended])
    }

    @Test("a process with a chosen token does not use another sign-in's")
    func named() async throws {
        let accounts = try Accounts()
        let time = AccountTime()
        let github = time.github(tokenLife: 1_800)
        github.addAccount(Accounts.signIn)
        let named = "gho_NAMED000000000000000000000000000000x"
        github.addAccount(named)
        _ = try await accounts.account(github, time.account).token()
        let bound = try accounts.account(github, time.account, environment: ["COPILOT_GITHUB_TOKEN": named])
        _ = try await bound.token()
        expectEqual(github.exchanges.map(\.signIn), [Accounts.signIn, named])
    }

    @Test("the lock of a killed process is taken over")
    func staleLock() async throws {
        let accounts = try Accounts()
        try PrivateFile.makeFolder(accounts.folder)
        let killed = try await Self.killedProcess()
        try PrivateFile.write(
            Array("\(killed.pid) \(killed.startTime) \(killed.bootID) 1\n".utf8), to: accounts.lockPath)
        let time = AccountTime()
        let github = time.github(tokenLife: 1_800)
        github.addAccount(Accounts.signIn)
        _ = try await accounts.account(github, time.account).token()
        expectEqual(github.count(.copilotToken), 1)
        #expect(PrivateFile.Stamp(of: accounts.lockPath).isAbsent)
    }

    @Test("stopping during an exchange leaves no lock")
    func stopInMidExchange() async throws {
        let accounts = try Accounts()
        let time = AccountTime()
        let github = time.github(tokenLife: 1_800)
        github.addAccount(Accounts.signIn)
        github.inject(.answer(status: 500, body: ""), at: .copilotToken, times: 3)
        let account = try accounts.account(github, time.account)
        let service = Task { try await account.run() }
        await time.clock.sleepers(1)
        expectEqual(LockFile.holder(of: accounts.lockPath), .current)
        service.cancel()
        await #expect(throws: CancellationError.self) { try await service.value }
        #expect(PrivateFile.Stamp(of: accounts.lockPath).isAbsent)
    }

    /// The identity of a process that was killed.
    @Net private static func killedProcess() async throws -> ProcessIdentity {
        let process = try Process.spawn(ProcessPlan("/bin/sleep", ["100"]))
        let identity = ProcessIdentity(
            pid: process.id, startTime: try #require(ProcessIdentity.startTime(of: process.id)),
            bootID: ProcessIdentity.currentBootID)
        process.signal(9)
        _ = try await process.exit()
        return identity
    }
}
