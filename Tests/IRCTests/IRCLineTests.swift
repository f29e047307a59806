import IRC
import TestSupport
import Testing

/// A line and its expected parts.
struct LineCase: Sendable, CustomTestStringConvertible {
    var line: String
    var tags: [String: String] = [:]
    var source: String?
    var command: String
    var parameters: [String] = []
    var testDescription: String { self.line }
}

@Suite("Reading lines")
struct IRCLineTests {
    static let cases: [LineCase] = [
        // Parameters, with and without a trailing one.
        .init(line: "get one two three", command: "GET", parameters: ["one", "two", "three"]),
        .init(line: "get one two :three four", command: "GET", parameters: ["one", "two", "three four"]),
        .init(line: "get one two :", command: "GET", parameters: ["one", "two", ""]),
        .init(line: "get one two ::three", command: "GET", parameters: ["one", "two", ":three"]),
        .init(line: ":ann get one two", source: "ann", command: "GET", parameters: ["one", "two"]),
        .init(
            line: ":ann get one :  two three ", source: "ann", command: "GET", parameters: ["one", "  two three "]),
        .init(line: ":ann PRIVMSG bot :hm :) ", source: "ann", command: "PRIVMSG", parameters: ["bot", "hm :) "]),
        .init(line: ":ann get one two :", source: "ann", command: "GET", parameters: ["one", "two", ""]),
        .init(line: ":ann get one two :  ", source: "ann", command: "GET", parameters: ["one", "two", "  "]),
        .init(line: ":ann JOIN #room", source: "ann", command: "JOIN", parameters: ["#room"]),
        .init(line: ":ann JOIN :#room", source: "ann", command: "JOIN", parameters: ["#room"]),
        .init(line: ":ann AWAY", source: "ann", command: "AWAY"),
        .init(line: ":ann AWAY ", source: "ann", command: "AWAY"),
        .init(line: ":ann MODE #room +i", source: "ann", command: "MODE", parameters: ["#room", "+i"]),
        .init(line: ":ann MODE #room :+i", source: "ann", command: "MODE", parameters: ["#room", "+i"]),
        .init(
            line: ":ann MODE #room +oo Bob :Cy", source: "ann", command: "MODE",
            parameters: ["#room", "+oo", "Bob", "Cy"]),
        // Lenient servers: extra spaces; odd bytes in the source.
        .init(
            line: ":irc.example.net 432  #momo :Erroneous Nickname", source: "irc.example.net", command: "432",
            parameters: ["#momo", "Erroneous Nickname"]),
        .init(
            line: ":irc.example.net MODE #room +n ", source: "irc.example.net", command: "MODE",
            parameters: ["#room", "+n"]),
        .init(line: "   :ann   get    one   :two", source: "ann", command: "GET", parameters: ["one", "two"]),
        .init(line: ":an\tn get one", source: "an\tn", command: "GET", parameters: ["one"]),
        .init(
            line: ":ann!~a@h\u{2}os\u{3}05t.test PRIVMSG x :hi", source: "ann!~a@h\u{2}os\u{3}05t.test",
            command: "PRIVMSG", parameters: ["x", "hi"]),
        .init(
            line: "cmd 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", command: "CMD",
            parameters: (1...14).map(String.init) + ["15 16 17"]),
        // Tags.
        .init(line: "@a=b;c=32;k;rt=ql7 get", tags: ["a": "b", "c": "32", "k": "", "rt": "ql7"], command: "GET"),
        .init(
            line: #"@a=b\\and\nk;c=72\s45;d=gh\:764 get"#, tags: ["a": "b\\and\nk", "c": "72 45", "d": "gh;764"],
            command: "GET"),
        .init(
            line: "@c;h=;a=b :ann get ab cd", tags: ["c": "", "h": "", "a": "b"], source: "ann", command: "GET",
            parameters: ["ab", "cd"]),
        .init(
            line: "@t1=v1;t2;v.com/t3=v2;+v/t4= :irc.example.com CMD p1 :p 2",
            tags: ["t1": "v1", "t2": "", "v.com/t3": "v2", "+v/t4": ""], source: "irc.example.com", command: "CMD",
            parameters: ["p1", "p 2"]),
        .init(line: #"@t=value\1 CMD"#, tags: ["t": "value1"], command: "CMD"),
        .init(line: #"@t=value1\ CMD"#, tags: ["t": "value1"], command: "CMD"),
        .init(line: #"@t=a\\\\b CMD"#, tags: ["t": #"a\\b"#], command: "CMD"),
        .init(line: "@t=1;u=3;w=4;t=5 CMD", tags: ["t": "5", "u": "3", "w": "4"], command: "CMD"),
        .init(line: "@t=1;v/t=8;t=5;v/t=9 CMD", tags: ["t": "5", "v/t": "9"], command: "CMD"),
        .init(line: "@;;=x;a=b=c CMD", tags: ["a": "b=c"], command: "CMD"),
        .init(line: "@  CMD", command: "CMD"),
    ]

    @Test("A line is split into tags, source, command and parameters", arguments: Self.cases)
    func reads(_ expected: LineCase) throws {
        let line = try #require(IRCLine(expected.line))
        expectEqual(line.command, expected.command)
        expectEqual(line.parameters, expected.parameters)
        expectEqual(line.tags, expected.tags)
        expectEqual(line.source, expected.source.map { IRCSource($0) })
        for (key, value) in expected.tags { expectEqual(line.tag(key), value) }
        expectEqual(line.tag("missing"), nil)
    }

    @Test("Text without a command is not a line", arguments: ["", "   ", ":ann", "@a=b", "@a=b :ann  ", ":"])
    func empty(_ text: String) {
        #expect(IRCLine(text) == nil)
    }

    @Test("A missing parameter is empty")
    func missing() throws {
        let line = try #require(IRCLine("PING"))
        #expect(line.count == 0 && line.text(3).isEmpty && line.lastText.isEmpty && line.raw(0).isEmpty)
    }

    @Test("Random bytes do not crash the parsers", arguments: 0..<10)
    func random(seed: UInt64) {
        var generator = SeededGenerator(state: seed)
        for _ in 0..<300 {
            let bytes = (0..<Int.random(in: 0...80, using: &generator)).map { _ in
                Bool.random(using: &generator)
                    ? UInt8.random(in: 0...255, using: &generator)
                    : [0x20, 0x3A, 0x40, 0x3B, 0x3D, 0x5C].randomElement(using: &generator) ?? 0
            }
            if let line = IRCLine(bytes[...]) {
                _ = (line.tags, line.source, line.parameters, line.numeric, line.lastText)
            }
            _ = IRCIncomingFormatting.markdown(bytes[...])
        }
    }
}

@Suite("Sources")
struct IRCSourceTests {
    @Test(
        "A source splits into nick, user and host",
        arguments: [
            ("ann", "ann", nil, nil), ("ann!ag@127.0.0.1", "ann", "ag", "127.0.0.1"),
            ("ann!~ag@localhost", "ann", "~ag", "localhost"), ("ann@127.0.0.1", "ann", nil, "127.0.0.1"),
            ("ann!ag", "ann", "ag", nil), ("ann!ag@net\u{3}5w\u{3}ork.admin", "ann", "ag", "net\u{3}5w\u{3}ork.admin"),
            ("ann!~ag@n\u{2}et\u{3}05w\u{f}ork.admin", "ann", "~ag", "n\u{2}et\u{3}05w\u{f}ork.admin"),
            ("irc.example.org", "irc.example.org", nil, nil), ("!@", "", "", ""), ("a!b@c@d", "a", "b", "c@d"),
        ] as [(String, String, String?, String?)])
    func splits(_ text: String, _ name: String, _ user: String?, _ host: String?) {
        expectEqual(IRCSource(text), IRCSource(name: name, user: user, host: host))
    }

    @Test("Servers and people are distinguished")
    func servers() {
        #expect(IRCSource("irc.example.org").isServer)
        #expect(!IRCSource("ann").isServer)
        #expect(!IRCSource("ann!a@b.c").isServer)
    }

    @Test(
        "Server names have at least two valid labels",
        arguments: [
            ("irc.example.com", true), ("i.coolguy.net", true), ("irc-srv.net.uk", true), ("iRC.CooLguY.NeT", true),
            ("gsf.ds342.co.uk", true), ("324.net.uk", true), ("xn--bcher-kva.ch", true), ("-lol-.net.uk", false),
            ("-lol.net.uk", false), ("_irc._sctp.lol.net.uk", false), ("irc", false), ("com", false), ("", false),
            ("irc.", false), ("a..b", false), ("*.net", false),
        ])
    func hostnames(_ text: String, _ isValid: Bool) {
        expectEqual(IRCSource.isHostname(text), isValid)
    }
}
