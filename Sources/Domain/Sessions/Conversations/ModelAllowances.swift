/// What an account has left with its model provider.
package struct ModelAllowances: Sendable, Equatable {
    /// One thing that is counted.
    package struct Item: Sendable, Equatable {
        /// The provider's name of it.
        package let id: String
        /// What people call it.
        package let name: String
        /// Nil where it has no limit, or none is told.
        package let entitlement: Double?
        package let remaining: Double?
        package let percentRemaining: Double?
        package let isUnlimited: Bool

        package init(
            id: String, name: String, entitlement: Double?, remaining: Double?, percentRemaining: Double?,
            isUnlimited: Bool
        ) {
            self.id = id
            self.name = name
            self.entitlement = entitlement
            self.remaining = remaining
            self.percentRemaining = percentRemaining
            self.isUnlimited = isUnlimited
        }
    }

    package let plan: String?
    /// When the count begins anew, as the provider writes it.
    package let resetDate: String?
    package let items: [Item]
    /// All of it for people, one line each.
    package let lines: [String]

    package init(plan: String?, resetDate: String?, items: [Item], lines: [String]) {
        self.plan = plan
        self.resetDate = resetDate
        self.items = items
        self.lines = lines
    }
}
