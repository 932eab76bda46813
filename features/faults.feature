Feature: Faults that no failover mends, or that ask for none
  Heartbeats that get lost, daemons that stand still, policies and user moves that fail, probes that cannot tell
  (docs/behaviour.md §5.2, §5.6, §9.2, §9.8). Two links lead from node to node.

  Rule: Heartbeats may get lost, repeat themselves and come late

    Background:
      Given both nodes are Normal

    Scenario Outline: Nobody fails over although <for 10 min>
      When <for 10 min>
      And 10 min pass
      Then the pair is in row 1
      And neither node has failed over or covered the other

      Examples:
        | for 10 min                                                      |
        | every third heartbeat gets lost                                 |
        | every heartbeat arrives twice, the second time after later ones |
        | one of the two links breaks                                     |

    Scenario Outline: A failover and its fallback happen once although <meanwhile>
      When <meanwhile>
      And node 1 is failed over
      Then the pair comes to rest in row 3
      And the users of node 1 are served by node 2
      When node 1 is fallen back
      Then the pair comes to rest in row 1
      And node 1 has failed over only once
      And both directories hold the same 7 users
      And nobody was ever served twice

      Examples:
        | meanwhile                                                       |
        | every third heartbeat gets lost                                 |
        | every heartbeat arrives twice, the second time after later ones |
        | one of the two links breaks                                     |

    Scenario: Once the second of two links breaks, both nodes cover
      When one of the two links breaks
      And 2 min pass
      Then the pair is in row 1
      When the other link breaks too
      And the pair comes to rest
      Then the pair is in row 16
      And node 1 is Running in Backup Mode (Peer Down)
      And node 2 is Running in Backup Mode (Peer Down)
      When the link is mended
      Then the pair comes to rest in row 21
      When an administrator does what status recommends
      Then the pair comes to rest in row 1
      And both directories hold the same 7 users

    Scenario: Where heartbeats arrive one way only, both nodes count as silent
      When the heartbeats of node 1 get lost
      And the pair comes to rest
      Then node 1 does not hear its peer
      And node 2 does not hear its peer
      And node 1 is Running in Backup Mode (Peer Down)
      And node 2 is Running in Backup Mode (Peer Down)
      When the link is mended
      Then the pair comes to rest in row 21
      When an administrator does what status recommends
      Then the pair comes to rest in row 1
      And both directories hold the same 7 users

  Rule: A daemon that stands still serves nobody whom its peer may serve

    Background:
      Given both nodes are Normal

    Scenario: It stands still for 20 s: its peer has not missed it yet
      When the daemon of node 1 stands still
      And 20 s pass
      Then the users of node 1 are served by nobody
      And the users of node 2 are served by node 2
      When the daemon of node 1 goes on
      Then the pair comes to rest in row 1
      And the users of node 1 are served by node 1
      And neither node has failed over or covered the other

    Scenario: It stands still for 59 s: its peer may have missed it, or not
      When the daemon of node 1 stands still
      And 59 s pass
      And the daemon of node 1 goes on
      And an administrator does what status recommends
      Then the pair comes to rest in row 1
      And the users of node 1 are served by node 1
      And nobody was ever served twice

    Scenario: It stands still for 3 min: its peer covers, and it finds that out before it serves anybody
      When the daemon of node 1 stands still
      And 3 min pass
      And the pair comes to rest
      Then node 2 is Running in Backup Mode (Peer Down)
      And the users of node 1 are served by node 2
      When the daemon of node 1 goes on
      And the pair comes to rest
      Then node 1 is Failed Over (Peer Down)
      And the users of node 1 are served by node 2
      And status recommends to fall back to node 1
      When an administrator does what status recommends
      Then the pair comes to rest in row 1
      And both directories hold the same 7 users
      And nobody was ever served twice

  Rule: A policy that fails costs nobody a place

    Background:
      Given the policy fails whenever users move, and both nodes are Normal

    Scenario: It fails in the middle of a failover, and of the fallback
      Then the journal of node 2 says nothing of its policy
      When node 1 is failed over
      Then the pair comes to rest in row 3
      And the journal of node 2 says that its policy has failed
      And the users of node 1 are served by node 2
      And the users of node 2 are served by node 2
      When node 1 is fallen back
      Then the pair comes to rest in row 1
      And the users of node 1 are served by node 1
      And both directories hold the same 7 users
      And nobody was ever served twice

    Scenario: It fails once node 1 is gone
      When the daemon of node 1 dies
      Then the pair comes to rest in row 16
      And the journal of node 2 says that its policy has failed
      And the users of node 1 are served by node 2
      And the users of node 2 are served by node 2

  Rule: A user move that fails moves nobody

    Background:
      Given both nodes are Normal

    Scenario Outline: Users cannot be <moved>, which ends in row <row>
      When <first>
      And the pair comes to rest
      And user moves of node 2 fail
      And <then>
      Then the pair comes to rest in row <row>
      And the users of node 1 are served by node 1
      And the users of node 2 are served by node 2
      And both directories hold the same 7 users
      And status recommends to mend the user move, recover
      When user moves of node 2 succeed again
      And node 1 is recovered
      Then the pair comes to rest in row 1
      And both directories hold the same 7 users
      And nobody was ever served twice

      Examples:
        | moved      | row | first                 | then                  |
        | taken over | 19  | nothing else happens  | node 1 is failed over |
        | given back | 20  | node 1 is failed over | node 1 is fallen back |

  Rule: A probe that cannot tell starts no failover

    Background:
      Given both nodes are Normal

    Scenario Outline: Nobody can tell for 10 min how the <service> of node 1 is
      When the probe of the <service> of node 1 cannot tell
      And 10 min pass
      Then the pair is in row 1
      And neither node has failed over or covered the other
      And the users of node 1 are served by node 1
      And node 1 raises the alarm that a probe cannot tell

      Examples:
        | service          |
        | critical service |
        | database         |
