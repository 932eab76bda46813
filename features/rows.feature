Feature: The 24 documented pairs of node states
  Every row of docs/behaviour.md §4 comes about from Normal/Normal by the events that lead there in life.
  Node 1 is the node whose users move, node 2 its backup. Every scenario runs twice: with node 1 first by name, and
  with node 2 first, for a group has no better half. What an administrator can do by hand is failover, fallback,
  recovery and forced takeover: whatever is not named is refused, and changes nothing.

  Background:
    Given both nodes are Normal

  Scenario: Row 1: each node serves its own users
    Then the pair is in row 1
    And node 1 is Normal (Normal)
    And node 2 is Normal (Normal)
    And the users of node 1 are served by node 1
    And the users of node 2 are served by node 2
    And status recommends to nothing
    And an administrator can only fail over a node

  Rule: A manual failover, and the fallback that ends it

    Scenario Outline: Row <row>: in passing, it ends in row <end>
      When node 1 is failed over
      Then the pair passes through row 2
      When <meanwhile>
      Then the pair passes through row <row>
      And node 1 is <node 1>
      And node 2 is <node 2>
      And the users of node 1 are served by nobody
      And status recommends to wait
      And an administrator can only wait
      And the pair comes to rest in row <end>
      And the users of node 1 are served by node 2
      And nobody was ever served twice

      Examples:
        | row | meanwhile                     | node 1                          | node 2                         | end |
        | 2   | nothing else happens          | Failing Over (On Admin Request) | Taking Over (On Admin Request) | 3   |
        | 8   | the daemon of node 2 restarts | Failing Over (On Admin Request) | Taking Over (Initialization)   | 7   |

    Scenario Outline: Row <row>: the users of node 1 are moved by hand
      When node 1 is failed over
      And the pair comes to rest
      And <then>
      Then the pair comes to rest in row <row>
      And node 1 is <node 1>
      And node 2 is <node 2>
      And the users of node 1 are served by node 2
      And the users of node 2 are served by node 2
      And status recommends to fall back to node 1
      And an administrator can only fall back to node 1
      When node 1 is fallen back
      Then the pair comes to rest in row 1
      And the users of node 1 are served by node 1
      And nobody was ever served twice

      Examples:
        | row | then                          | node 1                  | node 2                                    |
        | 3   | nothing else happens          | Idle (On Admin Request) | Running in Backup Mode (On Admin Request) |
        | 5   | the daemon of node 1 restarts | Idle (Initialization)   | Running in Backup Mode (On Admin Request) |
        | 6   | both daemons restart          | Idle (Initialization)   | Running in Backup Mode (Initialization)   |
        | 7   | the daemon of node 2 restarts | Idle (On Admin Request) | Running in Backup Mode (Initialization)   |

    Scenario Outline: Row <row>: in passing, it ends in row 1
      When node 1 is failed over
      And the pair comes to rest
      And node 1 is fallen back
      Then the pair passes through row 4
      When <meanwhile>
      Then the pair passes through row <row>
      And node 1 is <node 1>
      And node 2 is <node 2>
      And the users of node 1 are served by node 2
      And status recommends to wait
      And an administrator can only wait
      And the pair comes to rest in row 1
      And the users of node 1 are served by node 1
      And nobody was ever served twice

      Examples:
        | row | meanwhile                     | node 1                         | node 2                          |
        | 4   | nothing else happens          | Taking Back (On Admin Request) | Falling Back (On Admin Request) |
        | 9   | the daemon of node 1 restarts | Taking Back (Initialization)   | Falling Back (On Admin Request) |

  Rule: A fault of node 1, and its repair

    Scenario Outline: Row <row>: the <service> of node 1 fails
      When the <service> of node 1 fails
      Then the pair comes to rest in row <row>
      And node 1 is <node 1>
      And node 2 is <node 2>
      And the users of node 1 are served by node 2
      And status recommends to repair node 1
      And an administrator can only wait
      When the <service> of node 1 is repaired
      And the pair comes to rest
      Then status recommends to fall back to node 1
      When node 1 is fallen back
      Then the pair comes to rest in row 1
      And nobody was ever served twice

      Examples:
        | row | service          | node 1                                                                 | node 2                                         |
        | 12  | critical service | Failed Over with Critical Services not Running (Critical Service Down) | Running in Backup Mode (Critical Service Down) |
        | 13  | database         | Failed Over with Critical Services not Running (Database Failure)      | Running in Backup Mode (Database Failure)      |

    Scenario Outline: Row <row>: node 1 is fit again, <reason>
      When the critical service of node 1 fails
      And the pair comes to rest
      And the critical service of node 1 is repaired
      And <then>
      Then the pair comes to rest in row <row>
      And node 1 is Failed Over (<reason>)
      And node 2 is Running in Backup Mode (Critical Service Down)
      And the users of node 1 are served by node 2
      And status recommends to fall back to node 1
      And an administrator can only fall back to node 1
      When node 1 is fallen back
      Then the pair comes to rest in row 1
      And nobody was ever served twice

      Examples:
        | row | then                       | reason                |
        | 11  | nothing else happens       | Critical Service Down |
        | 11  | the host of node 1 reboots | Initialization        |

  Rule: A fault of node 1, and a fallback that nobody asks for

    Scenario: Row 10: in passing, it ends in row 1
      Given automatic fallback is on, and both nodes are Normal
      When the critical service of node 1 fails
      And the pair comes to rest
      And the critical service of node 1 is repaired
      And 30 min pass
      Then the pair passes through row 10
      And node 1 is Taking Back (Automatic Fallback)
      And node 2 is Falling Back (Automatic Fallback)
      And the users of node 1 are served by node 2
      And status recommends to wait
      And an administrator can only wait
      And the pair comes to rest in row 1
      And the users of node 1 are served by node 1
      And nobody was ever served twice

  Rule: A fault of the node that covers

    Scenario Outline: Row <row>: the <service> of node 2 fails, and node 1 is fit
      When the critical service of node 1 fails
      And the pair comes to rest
      And the critical service of node 1 is repaired
      And the pair comes to rest
      And the <service> of node 2 fails
      Then the pair comes to rest in row <row>
      And node 1 is <node 1>
      And node 2 is <node 2>
      And the users of node 1 are served by node 1
      And the users of node 2 are served by node 1
      And status recommends to repair node 2
      And an administrator can only wait
      When the <service> of node 2 is repaired
      And the pair comes to rest
      Then status recommends to fall back to node 2
      When node 2 is fallen back
      Then the pair comes to rest in row 1
      And nobody was ever served twice

      Examples:
        | row | service          | node 1                                                | node 2                                                          |
        | 22  | database         | Backup Activated (Auto Recover Database Failure)      | Failover Affected Services (Auto Recover Database Failure)      |
        | 23  | critical service | Backup Activated (Auto Recover Critical Service Down) | Failover Affected Services (Auto Recover Critical Service Down) |

  Rule: Node 1 is gone

    Scenario Outline: Row <row>: <event>
      When <event>
      Then the pair comes to rest in row <row>
      And node 1 is not running
      And node 2 is <node 2>
      And the users of node 1 are served by node 2
      And status recommends to bring node 1 back
      And an administrator can only wait
      When the daemon of node 1 starts
      And the pair comes to rest
      Then node 1 is Failed Over (Initialization)
      And status recommends to fall back to node 1
      When node 1 is fallen back
      Then the pair comes to rest in row 1
      And nobody was ever served twice

      Examples:
        | row | event                         | node 2                               |
        | 16  | the daemon of node 1 dies     | Running in Backup Mode (Peer Down)   |
        | 17  | the host of node 1 shuts down | Running in Backup Mode (Peer Reboot) |

    Scenario: The host of node 1 boots before anybody misses it
      When the host of node 1 reboots
      And the pair comes to rest
      Then node 1 is Failed Over (Initialization)
      And node 2 is Running in Backup Mode (Peer Reboot)
      And the users of node 1 are served by node 2
      And status recommends to fall back to node 1
      When node 1 is fallen back
      Then the pair comes to rest in row 1
      And nobody was ever served twice

    Scenario: Row 16: the link breaks, both nodes cover, and both go to Failed Mode once it is mended
      When the link breaks
      And the pair comes to rest
      Then node 1 is Running in Backup Mode (Peer Down)
      And node 2 is Running in Backup Mode (Peer Down)
      And the pair is in row 16
      And an administrator can only wait
      When the link is mended
      Then the pair comes to rest in row 21
      When node 1 is recovered
      Then the pair comes to rest in row 1

    Scenario Outline: Row 18: node 2 starts alone, and node 1 later, <fitness>
      When the daemon of node 1 dies
      And the daemon of node 2 restarts
      And 3 min pass
      And <event>
      And the daemon of node 1 starts
      Then the pair comes to rest in row 18
      And node 1 is <node 1>
      And node 2 is Running in Backup Mode (Peer Down During Initialization)
      And the users of node 1 are served by node 2
      And status recommends to <advice>
      And an administrator can only <do>
      When the critical service of node 1 is repaired
      And the pair comes to rest
      And node 1 is fallen back
      Then the pair comes to rest in row 1
      And nobody was ever served twice

      Examples:
        | fitness | event                                | node 1                                                          | advice              | do                  |
        | fit     | nothing else happens                 | Failed Over (Initialization)                                    | fall back to node 1 | fall back to node 1 |
        | unfit   | the critical service of node 1 fails | Failed Over with Critical Services not Running (Initialization) | repair node 1       | wait                |

  Rule: Failed Mode is shared, and ends by recovery

    Scenario Outline: Row <row>: <cause>
      When <first>
      And the pair comes to rest
      And <then>
      And the pair comes to rest
      And <at last>
      Then the pair comes to rest in row <row>
      And node 1 is Running in Failed Mode (<reason>)
      And node 2 is Running in Failed Mode (<reason>)
      And the users of node 1 are served by <server of 1>
      And the users of node 2 are served by <server of 2>
      And status recommends to <advice>
      And an administrator can only recover
      When <repair>
      And node 2 is recovered
      Then the pair comes to rest in row 1
      And the users of node 1 are served by node 1
      And the users of node 2 are served by node 2
      And nobody was ever served twice

      Examples: What leads there
        | row | cause                                      | first                        | then                                 | at last                              | reason                            | server of 1 | server of 2 | advice                      | repair                                     |
        | 14  | the services do not start for a fallback   | node 1 is failed over        | the critical service of node 1 fails | node 1 is fallen back                | Start of Critical Services Failed | nobody      | node 2      | recover                     | the critical service of node 1 is repaired |
        | 15  | the node that covers fails beside an Idle  | node 1 is failed over        | nothing else happens                 | the critical service of node 2 fails | Critical Service Down             | node 1      | nobody      | recover                     | the critical service of node 2 is repaired |
        | 15  | the node that covers fails beside an unfit | the database of node 1 fails | nothing else happens                 | the critical service of node 2 fails | Critical Service Down             | nobody      | nobody      | recover                     | both nodes are repaired                    |
        | 19  | the users cannot be taken over             | user moves of node 2 fail    | nothing else happens                 | node 1 is failed over                | Take Over Users Failed            | node 1      | node 2      | mend the user move, recover | user moves of node 2 succeed again         |
        | 20  | the users cannot be given back             | node 1 is failed over        | user moves of node 2 fail            | node 1 is fallen back                | Take Back Users Failed            | node 1      | node 2      | mend the user move, recover | user moves of node 2 succeed again         |
        | 21  | a daemon restarts beside Failed Mode       | node 1 is failed over        | the critical service of node 2 fails | the daemon of node 1 restarts        | Unknown                           | node 1      | nobody      | recover                     | the critical service of node 2 is repaired |

  Rule: Without high availability nobody stands in

    Scenario: Row 24: high availability is switched off
      When high availability is switched off on node 2
      Then the pair comes to rest in row 24
      And node 1 is Unknown (Unknown)
      And node 2 is Unknown (Unknown)
      And the users of node 1 are served by node 1
      And the users of node 2 are served by node 2
      And status recommends to switch on
      And an administrator can only switch on
      When high availability is switched on on node 1
      Then the pair comes to rest in row 1
      And nobody was ever served twice

    Scenario: Row 24: the parameters of the nodes differ
      When the keep-alive timeout of node 1 is changed
      Then the pair comes to rest in row 24
      And node 1 is Unknown (Unknown)
      And node 2 is Unknown (Unknown)
      When the keep-alive timeout of node 1 is what it was
      Then the pair comes to rest in row 1
