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

  Rule: Users are added on both nodes, or on neither

    Background:
      Given both nodes are Normal

    Scenario: While both nodes are Normal, users are added at either
      When 4 users are added at node 1
      And 3 users are added at node 2
      Then both directories hold the same 14 users
      And the pair is in row 1

    Scenario: Without high availability nobody is failed over, and users are added
      Given the pair has come to row 24
      When 2 users are added at node 1
      Then both directories hold the same 9 users

    Scenario Outline: No users are added in row <row>: <node 1> beside <node 2>
      Given the pair has come to row <row>
      Then no users can be added at node 1
      And no users can be added at node 2
      And both directories hold the same 7 users

      Examples:
        | row | node 1                                         | node 2                     |
        | 2   | Failing Over                                   | Taking Over                |
        | 3   | Idle                                           | Running in Backup Mode     |
        | 4   | Taking Back                                    | Falling Back               |
        | 11  | Failed Over                                    | Running in Backup Mode     |
        | 12  | Failed Over with Critical Services not Running | Running in Backup Mode     |
        | 13  | the same, with a database                      | Running in Backup Mode     |
        | 19  | Running in Failed Mode                         | Running in Failed Mode     |
        | 22  | Backup Activated                               | Failover Affected Services |
        | 23  | Backup Activated                               | Failover Affected Services |

    Scenario: No users are added while a node is away
      When the daemon of node 1 dies
      Then no users can be added at node 2
      When the pair comes to rest
      Then the pair is in row 16
      And no users can be added at node 2
      When the daemon of node 1 starts
      And an administrator does what status recommends
      Then the pair comes to rest in row 1
      When 2 users are added at node 2
      Then both directories hold the same 9 users

  Rule: Nobody is lost or doubled on any way there and back

    Background:
      Given both nodes are Normal

    Scenario Outline: Both directories are the same after <passage>
      When <first>
      And <then>
      And the pair comes to rest
      And <repair>
      And an administrator does what status recommends
      Then the pair comes to rest in row 1
      And both directories hold the same 7 users
      And the users of node 1 are served by node 1
      And the users of node 2 are served by node 2
      And nobody was ever served twice
      When 2 users are added at node 1
      Then both directories hold the same 9 users

      Examples:
        | passage                                   | first                                | then                                 | repair                                     |
        | a manual failover and its fallback        | node 1 is failed over                | nothing else happens                 | nothing else happens                       |
        | an automatic failover                     | the critical service of node 1 fails | nothing else happens                 | the critical service of node 1 is repaired |
        | a manual failover that both daemons miss  | node 1 is failed over                | the pair comes to rest               | both daemons restart                       |
        | the restart of both daemons               | both daemons restart                 | nothing else happens                 | nothing else happens                       |
        | the death of a daemon                     | the daemon of node 1 dies            | nothing else happens                 | the daemon of node 1 starts                |
        | the death of a daemon in a failover       | node 1 is failed over                | the daemon of node 1 dies            | the daemon of node 1 starts                |
        | the boot of a host                        | the host of node 1 reboots           | nothing else happens                 | nothing else happens                       |
        | a failure of both nodes                   | the critical service of node 1 fails | the critical service of node 2 fails | both nodes are repaired                    |
