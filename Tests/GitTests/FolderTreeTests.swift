import Git
import TestSupport
import Testing

@Suite("Folders of the host's own", .timeLimit(.minutes(1)))
struct FolderTreeTests {
    private let directory: TemporaryDirectory
    private let git: RealGit

    init() throws {
        self.directory = try TemporaryDirectory()
        self.git = RealGit(self.directory.path)
    }

    @Test("a shared folder can be read and its programs run by everybody, and nothing outside of it")
    func share() throws {
        try self.git.shell(
            """
            umask 077; mkdir -p top/inner; echo x >top/inner/text; echo x >top/program; chmod 700 top/program
            echo x >outside; ln -s ../outside top/link; chmod 4700 top/inner/text
            """)
        FolderTree.share(self.directory.path + "/top")
        let modes = try self.git.shell("stat -c '%a' top top/inner top/inner/text top/program outside")
        expectEqual(modes, "755\n755\n4755\n755\n600")
    }

    @Test("files are removed by the beginning of their names, through no link")
    func removeFiles() throws {
        try self.git.shell(
            "mkdir -p home/sub other; touch home/sub/permit-a home/sub/permit.json home/sub/keep other/permit; ln -s ../other home/link"
        )
        for name in ["sub", "link", "missing"] {
            FolderTree.removeFiles(beginningWith: "permit", in: name, below: self.directory.path + "/home")
        }
        try expectEqual(self.git.shell("ls home/sub other"), "home/sub:\nkeep\n\nother:\npermit")
    }
}
