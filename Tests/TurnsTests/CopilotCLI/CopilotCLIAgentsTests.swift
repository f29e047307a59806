import Agent
import Chat
import Copilot
import Glibc
import HTTP
import Jail
import Logging
import Repositories
import Sandbox
import TestSupport
import Testing
import Work

@testable import Turns

@Suite("The Copilot CLI as agent")
struct CopilotCLIAgentsTests {
    @Test("an address of this machine, which its jail cannot reach, is refused by name; others are not")
    func refusal() throws {
        let gitHub = ("copilot.api_url", try HTTPURL("https://api.github.com"))
        expectEqual(
            CopilotCLIAgents.refusal(of: [gitHub, ("COPILOT_API_URL", try HTTPURL("https://copilot.example"))]), nil)
        let refusal = CopilotCLIAgents.refusal(of: [gitHub, ("COPILOT_API_URL", try HTTPURL("http://127.0.0.1:99"))])
        expectEqual(
            refusal?.hasPrefix(
                "The Copilot CLI cannot work on files here: its jail reaches no address of this machine"), true)
        expectEqual(refusal?.contains("COPILOT_API_URL is http://127.0.0.1:99"), true)
    }

    @Test("the line about a command is short, also where one character is as long as the command")
    func line() {
        let text = "a" + String(repeating: "\u{200D}", count: 10_000)
        #expect(text.titled().utf8.count <= 4_096)
        expectEqual("make test".titled(), "make test")
        expectEqual(String(repeating: "x", count: 81).titled(), String(repeating: "x", count: 79) + "…")
    }

    @Test("a program whose file is newer than what it has unpacked is started once outside of the jail, not each time")
    func unpacked() async throws {
        let folder = try TemporaryDirectory()
        let version = folder.path + "/pkg/linux-x64/1.0.57"
        try RealGit(folder.path).shell(
            "mkdir -p \(version); touch -d '2026-01-01 00:00' \(version)/.extraction-complete")
        let installed = 1_780_000_000  // 28 May 2026
        await expectEqual(CopilotCLIFolders.isUnpacked(folder.path, since: installed), false)
        await CopilotCLIFolders.markUnpacked(folder.path)
        await expectEqual(CopilotCLIFolders.isUnpacked(folder.path, since: installed), true)
        try RealGit(version).shell("rm .extraction-complete")
        await CopilotCLIFolders.markUnpacked(folder.path)
        await expectEqual(CopilotCLIFolders.isUnpacked(folder.path, since: installed), false)
    }

    @Test("what its jail can write counts with the workspace; a home that is too large for the next turn begins anew")
    func disk() async throws {
        let directory = try TemporaryDirectory()
        let logger = Logger(label: "test")
        let workspaces = Workspaces(
            folder: "\(directory.path)/workspaces",
            repositories: RepositoryCatalog([], now: { 1_700_000_000 }, logger: logger), now: { 1_700_000_000_000 },
            logger: logger)
        let workspace = try await workspaces.open(session: "abc123", repository: nil)
        let setup = JailSetup(
            programs: JailPrograms(folder: directory.path), limits: JailLimits(), limiter: ResourceLimits(),
            seccomp: [],
            logger: logger)
        let jails = SessionJails(
            setup, means: .off(.current()), limits: PerRepository(JailLimits(disk: 1 << 20)),
            shells: JailShells.Limits())
        jails.enter(workspace)
        mkdir("\(directory.path)/cache", 0o700)
        let folders = try CopilotCLIFolders(
            workspace: workspace.folder,
            settings: CopilotCLISettings(executable: "/bin/sh", directory: directory.path, defaultModel: "test"))
        let place = try await jails.lend("abc123") { place in
            try await folders.prepare(isNew: true, quota: place.limits?.disk ?? 0)
            return try await folders.binds(for: place.identity)
        }
        place.onEnd()
        expectEqual(place.disk.filter { $0 == folders.home || $0 == workspace.folder }.count, 2, "\(place.disk)")
        expectEqual(place.disk.count, 3, "\(place.disk)")

        // What is small stays for the next turn.
        try TestFile.write(String(repeating: "x", count: 200_000), to: "\(folders.home)/small")
        try await folders.prepare(isNew: false, quota: 1 << 20)
        expectEqual(access("\(folders.home)/small", F_OK), 0)
        await expectEqual(workspace.occupiedBytes() >= 200_000, true)
        try TestFile.write(String(repeating: "x", count: 100_000), to: "\(folders.home)/more")
        try await folders.prepare(isNew: false, quota: 1 << 20)
        expectEqual(access("\(folders.home)/small", F_OK), -1)
        expectEqual(access(folders.home, F_OK), 0)
    }
}
