Feature: Users and their homes
  `5/2 0/0` is a cluster of two groups: five users are at home on the first node of the first group, two on its second,
  none in the second group (docs/behaviour.md §7).

  Scenario Outline: <mode>: <count> users are added to <before>
    Given a cluster of <before> users
    When <count> users are added in mode <mode>
    Then it is a cluster of <after> users

    Examples: Balanced: every node gets the same number, give or take one, and who has a home keeps it
      | mode     | before      | count | after       |
      | balanced | 0/0         | 1     | 1/0         |
      | balanced | 0/0         | 15001 | 7501/7500   |
      | balanced | 5/2         | 3     | 5/5         |
      | balanced | 9/2         | 3     | 9/5         |
      | balanced | 0/0 0/0 0/0 | 20    | 4/4 3/3 3/3 |
      | balanced | 4/0 1/0 0/2 | 8     | 4/3 2/2 2/2 |

    Examples: Active-standby: all to the first node of a group
      | mode           | before | count | after |
      | active-standby | 0/0    | 7     | 7/0   |
      | active-standby | 1/2    | 3     | 4/2   |

    Examples: None: nobody is assigned
      | mode | before | count | after |
      | none | 3/2    | 4     | 3/2   |

  Scenario Outline: balanced: <before> is rebalanced
    Given a cluster of <before> users
    When all users are rebalanced in mode balanced
    Then it is a cluster of <after> users

    Examples:
      | before      | after       |
      | 10/0        | 5/5         |
      | 11/0        | 6/5         |
      | 9/0 1/1 0/0 | 2/2 2/2 2/1 |

  Scenario Outline: <mode>: node 1 is lost, and comes back
    Given a cluster of 6/5 users
    When node 1 is lost in mode <mode>
    Then its nodes serve 0/11 users
    When node 1 is back in mode <mode>
    Then its nodes serve 6/5 users

    Examples:
      | mode           |
      | balanced       |
      | active-standby |
      | none           |
