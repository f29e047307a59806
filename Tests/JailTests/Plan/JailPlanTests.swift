import Sandbox
import TestSupport
import Testing

@testable import Jail

@Suite("The jail's plan")
struct JailPlanTests {
    private func plan(
        identity: JailIdentity? = nil, port: UInt16? = nil, groups: [String] = [], masks: [String] = ["/proc/kallsyms"],
        memory: Int = 512 << 20
    ) -> JailPlan {
        JailPlan(
            programs: JailPrograms(folder: "/data/jail"), limits: JailLimits(memory: memory, processes: 20),
            mount: WorkspaceMount(
                folder: "/data/workspaces/1",
                binds: [
                    .init(source: "/data/git/1", target: "/git", isWritable: true),
                    .init(source: "/data/git/config", target: "/git/config", isWritable: false),
                ]),
            identity: identity, networkPort: port, seccomp: [[1, 2], [3]], entryFiles: groups, masks: masks)
    }

    /// The options as text; descriptors by what they stand for.
    private func options(_ plan: JailPlan) -> [String] { plan.sandbox.options.map(self.text) }
    private func text(_ argument: SandboxPlan.Argument) -> String {
        switch argument {
        case .text(let text): text
        case .data(let bytes): "<\(bytes.count)>"
        case .control: "<control>"
        case .status: "<status>"
        }
    }

    @Test("everything is unshared, and nothing is shared or given back")
    func isolation() {
        let options = self.options(self.plan())
        for option in [
            "--unshare-user", "--unshare-all", "--disable-userns", "--assert-userns-disabled", "--die-with-parent",
            "--new-session", "--as-pid-1", "--clearenv",
        ] { #expect(options.contains(option)) }
        #expect(options.adjacent("--cap-drop", "ALL"))
        for option in ["--share-net", "--cap-add", "--dev-bind", "--bind-try", "--userns"] {
            #expect(!options.contains(option))
        }
    }

    @Test("mounts are in the order in which they take effect")
    func order() throws {
        let options = self.options(self.plan())
        let order = [
            ["--ro-bind", "/usr", "/usr"], ["--proc", "/proc"], ["--ro-bind", "/dev/null", "/proc/kallsyms"],
            ["--remount-ro", "/proc"], ["--dev", "/dev"], ["--tmpfs", "/dev/shm"], ["--remount-ro", "/dev"],
            ["--tmpfs", "/tmp"], ["--ro-bind", "/data/jail", "/jb"], ["--bind", "/data/workspaces/1", "/workspace"],
            ["--bind", "/data/git/1", "/git"], ["--ro-bind", "/data/git/config", "/git/config"],
            ["--chdir", "/workspace"], ["--remount-ro", "/"], ["--clearenv"],
        ]
        let places = try order.map { try #require(options.position(of: $0), "\($0)") }
        expectEqual(places, places.sorted())
    }

    @Test("only the workspace, /tmp and what the mount says can be written")
    func writable() {
        let options = self.options(self.plan())
        let binds = options.indices.filter { options[$0] == "--bind" }.map { options[$0 + 2] }
        expectEqual(binds, ["/workspace", "/git"])
    }

    @Test("a workspace that is only to be read is mounted so")
    func readOnly() {
        var plan = self.plan()
        plan.mount = WorkspaceMount(folder: "/data/reading/1", isWritable: false)
        let options = self.options(plan)
        #expect(
            !options.contains("--bind") && options.position(of: ["--ro-bind", "/data/reading/1", "/workspace"]) != nil)
    }

    @Test(
        "a workspace in memory is a repository of the jail's own user, and as read-only as another",
        arguments: [true, false])
    func made(isWritable: Bool) {
        var plan = self.plan(identity: JailIdentity(user: 65_000, group: 65_001))
        plan.mount = .empty(
            isWritable: isWritable, binds: [.init(source: "/opt/server", target: "/opt/server", isWritable: false)])
        let options = self.options(plan)
        #expect(options.position(of: ["--size", "\(16 << 20)", "--perms", "0755", "--tmpfs", "/workspace"]) != nil)
        #expect(options.position(of: ["--file", "<21>", "/workspace/.git/HEAD"]) != nil)
        #expect(options.position(of: ["--ro-bind", "/mnt/m1", "/opt/server"]) != nil)
        expectEqual(options.position(of: ["--remount-ro", "/workspace"]) == nil, isWritable)
        expectEqual(plan.sharedMemory + plan.temporary + plan.madeWorkspace, plan.limits.memory / 2)
        #expect(!plan.sandbox.preparations.contains(""))
    }

    @Test("as root folders are staged, and the launcher becomes another user last")
    func root() throws {
        let plan = self.plan(identity: JailIdentity(user: 65_000, group: 65_001), groups: ["/cg/a/cgroup.procs"])
        expectEqual(
            plan.sandbox.preparations,
            [
                "--group", "/cg/a/cgroup.procs", "--stage", "/data/jail", "m0", "--stage", "/data/workspaces/1", "m1",
                "--stage", "/data/git/1", "m2", "--stage", "/data/git/config", "m3", "--memory", "tmp",
                "\(240 << 20)", "32768", "--user", "65000", "65001",
            ])
        let options = self.options(plan)
        for bind in [
            ["--ro-bind", "/mnt/m0", "/jb"], ["--bind", "/mnt/m1", "/workspace"], ["--bind", "/mnt/m2", "/git"],
            ["--ro-bind", "/mnt/m3", "/git/config"], ["--bind", "/mnt/tmp", "/tmp"],
        ] { #expect(options.position(of: bind) != nil, "\(bind)") }
        #expect(!options.contains { $0.hasPrefix("/data") })
    }

    @Test("an ordinary user prepares nothing")
    func user() {
        expectEqual(self.plan().sandbox.preparations, [])
        expectEqual(self.plan(groups: ["/a", "/b"]).sandbox.preparations, ["--group", "/a", "--group", "/b"])
    }

    @Test("root is never a jail's user")
    func identity() {
        expectEqual(JailIdentity(user: 0, group: 5), nil)
        expectEqual(JailIdentity(user: 5, group: 0), nil)
    }

    @Test("files in memory get at most half of it", arguments: [64 << 20, 128 << 20, 512 << 20, 4 << 30])
    func memory(_ memory: Int) {
        let options = self.options(self.plan(memory: memory))
        let sizes = options.indices.filter { options[$0] == "--size" }.compactMap { Int(options[$0 + 1]) }
        expectEqual(sizes.count, 2)
        #expect(sizes.reduce(0, +) <= memory / 2)
        #expect(sizes.allSatisfy { $0 > 0 })
    }

    @Test(
        "init gets the limits that are right inside",
        arguments: [(nil, [], 536_870_912), (3_128, ["/g"], 0)] as [(UInt16?, [String], Int)])
    func command(_ port: UInt16?, _ groups: [String], _ data: Int) {
        let command = self.plan(port: port, groups: groups).sandbox.command.map(self.text)
        expectEqual(
            command,
            [
                "/jb/jetbridge-init", "init", "<control>", "\(port ?? 0)", "22", "67108864", "1024", "600", "\(data)",
            ])
    }

    @Test("every filter is loaded, and the variables are the plan's alone")
    func filters() {
        var plan = self.plan()
        plan.variables = ["http_proxy": "http://127.0.0.1:3128"]
        let options = self.options(plan)
        #expect(options.adjacent("--add-seccomp-fd", "<2>") && options.adjacent("--add-seccomp-fd", "<1>"))
        let names = options.indices.filter { options[$0] == "--setenv" }.map { options[$0 + 1] }
        expectEqual(names, ["HOME", "LANG", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "USER", "http_proxy"])
        expectEqual(options.suffix(2), ["--json-status-fd", "<status>"])
    }
}

extension [String] {
    fileprivate func position(of part: [String]) -> Int? {
        self.indices.first { self[$0...].starts(with: part) }
    }

    fileprivate func adjacent(_ first: String, _ second: String) -> Bool { self.position(of: [first, second]) != nil }
}
