extension Ledger {
    /// A query for the identities of the person who has the one at `place` (a parameter, or a column of an outer query),
    /// itself among them, as the column `identity`. What is counted for a person is summed over these.
    ///
    /// - Parameter place: It occurs twice.
    package static func samePerson(as place: String) -> String {
        """
        SELECT CAST(\(place) AS TEXT) AS identity UNION SELECT linked.identity FROM person_identities AS own
        JOIN person_identities AS linked ON linked.person = own.person WHERE own.identity = \(place)
        """
    }
}
