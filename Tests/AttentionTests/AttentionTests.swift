import Chat
import TestSupport
import Testing
import Threads

@testable import Attention

@Suite("Who learns of an ask, and by which way")
struct AttentionTests {
    private static func sender(_ name: String, isLasting: Bool = true) -> Sender {
        let id = "fake:\(name)"
        return Sender(id: id, identities: [Identity(id)], displayName: name, isLasting: isLasting)
    }

    private static let roles: [String: Role] = ["alice": .owner, "olga": .owner, "bob": .member, "mia": .member]

    /// Who is told of an ask of `requester`, as `name:way`. People are `name`, then `p` (present), `n` (of the network),
    /// `d` (a direct conversation).
    private static func told(
        _ rule: AskRule, by requester: String, isOnWeb: Bool = false, _ people: String...
    ) -> [String] {
        let attention = Attention(
            rule: rule, requester: Self.sender(requester), requesterRole: Self.roles[requester] ?? .guest,
            isOnWeb: isOnWeb)
        let known = people.compactMap { text -> Attention.Person? in
            let parts = text.split(separator: " ").map(String.init)
            let (sender, marks) = (Self.sender(parts[0]), parts.count > 1 ? parts[1] : "")
            guard attention.concerns(sender, as: Self.roles[parts[0]]) else { return nil }
            return Attention.Person(
                sender, isPresent: marks.contains("p"), isOfNetwork: marks.contains("n"),
                hasDirect: marks.contains("d"))
        }
        return attention.told(known).map { "\($0.sender.displayName):\($0.way)" }
    }

    @Test("in the thread by a mention, elsewhere by a direct message, else by a mention; those in the thread first")
    func ways() {
        expectEqual(Self.told(.otherOwners, by: "bob", "alice pnd", "olga nd"), ["alice:mention", "olga:direct"])
        expectEqual(Self.told(.otherOwners, by: "bob", "olga nd", "alice pnd"), ["alice:mention", "olga:direct"])
        expectEqual(Self.told(.otherOwners, by: "bob", "alice n", "olga n"), ["alice:mention", "olga:mention"])
        expectEqual(Self.told(.otherOwners, by: "bob", "alice", "olga nd"), ["olga:direct"])
    }

    @Test("only those who may decide, and nobody if whoever asked may")
    func deciders() {
        expectEqual(Self.told(.otherOwners, by: "bob", "mia pnd", "bob pnd", "alice nd"), ["alice:direct"])
        expectEqual(Self.told(.otherOwners, by: "alice", "alice pnd", "olga nd"), ["olga:direct"])
        expectEqual(Self.told(.requester, by: "bob", "alice pnd", "olga nd"), [])
        expectEqual(Self.told(.owners, by: "alice", "olga nd"), [])
        expectEqual(Self.told(.owners, by: "bob", "olga nd", "mia nd"), ["olga:direct"])
        expectEqual(Self.told(.members, by: "bob", "mia nd"), [])
        expectEqual(Self.told(.members, by: "gina", "mia nd", "alice pn"), ["alice:mention", "mia:direct"])
        expectEqual(Self.told(.asker, by: "gina", "alice pnd"), [])
    }

    @Test("people of other networks only if the ask's own has nobody to tell; of the web chat on all")
    func networks() {
        expectEqual(Self.told(.otherOwners, by: "bob", "alice d", "olga n"), ["olga:mention"])
        expectEqual(Self.told(.otherOwners, by: "bob", "alice d"), ["alice:direct"])
        expectEqual(
            Self.told(.otherOwners, by: "bob", isOnWeb: true, "alice d", "olga n"), ["alice:direct", "olga:mention"])
    }

    @Test("nobody twice, nobody whose identity may become somebody else's, and not everybody")
    func limits() {
        let attention = Attention(rule: .otherOwners, requester: Self.sender("bob"), requesterRole: .member)
        #expect(!attention.concerns(Self.sender("nick", isLasting: false), as: .owner))
        let twice = (0..<2).map { index in
            Attention.Person(
                Sender(
                    id: "fake:\(index)", identities: [Identity("fake:\(index)"), Identity("fake:x")], displayName: "x"),
                isPresent: false, isOfNetwork: true, hasDirect: true)
        }
        expectEqual(attention.told(twice).count, 1)
        let crowd = (0..<100).map { index in
            Attention.Person(Self.sender("o\(index)"), isPresent: true, isOfNetwork: true, hasDirect: index > 50)
        }
        let told = attention.told(crowd)
        expectEqual(told.count, Attention.limit)
        expectEqual(told.count { $0.way == .mention }, Attention.mentionLimit)
    }
}
