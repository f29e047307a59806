internal import Primitives

extension PeopleDesk.Listing {
    /// Somebody with access to whom something is shown: found as for a change of their access, or by a name that only one
    /// person has. Throws ``PeopleError``, which names nobody else.
    package func recipient(_ who: String) throws -> Person {
        let who = who.beginning(bytes: 400)
        do { return try self.person(called: who) } catch let error as PeopleError {
            // Among names that differ only in case, the one that is written so.
            let same = self.people.filter { $0.way != .token && $0.name?.hasBytes(of: who) == true }
            if error.code == .ambiguous, same.count == 1 { return same[0] }
            let shown = EscapedText.code(VisibleText.strictLine(who))
            throw PeopleError(
                code: error.code,
                message: error.code == .unknown
                    ? "Nobody with access is called \(shown)."
                    : "Several people are called \(shown). Use the identity that `whoami` shows them.")
        }
    }
}
